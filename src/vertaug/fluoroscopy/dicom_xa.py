"""What vertaug's radiographs and DICOM X-ray angiography (XA) objects have in common.

What an XA object (DICOM PS3.3 A.14) says of a C-arm, and where:

========================  ==========================================================
source to detector        Distance Source to Detector (0018,1110)
source to isocentre       Distance Source to Patient (0018,1111)
angles                    Positioner Primary and Secondary Angle (0018,1510), (0018,1511)
pixel size, detector      Imager Pixel Spacing (0018,1164), row spacing first
pixels                    Rows, Columns (0028,0010), (0028,0011)
round field               Field of View Shape (0018,1147)
========================  ==========================================================

The isocentre is seen in the middle of the image (PS3.17 FFF.2.1.5.2); where it lies in the
patient XA does not say. `write_xa` puts that into a private block, group 0099, private creator
``VERTAUG``:

============  ==  ===========================================
element (xx)  VR  value
============  ==  ===========================================
01            FD  isocentre in the patient's LPS mm, 3 values
02            CS  posture, PRONE or SUPINE
03            UT  the C-arm's title
04            UT  where the C-arm's numbers come from
============  ==  ===========================================
"""

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.grid import FloatArray

XA_IMAGE = "1.2.840.10008.5.1.4.1.1.12.1"
XRF_IMAGE = "1.2.840.10008.5.1.4.1.1.12.2"
ENHANCED_XA_IMAGE = "1.2.840.10008.5.1.4.1.1.12.1.1"
ENHANCED_XRF_IMAGE = "1.2.840.10008.5.1.4.1.1.12.2.1"

PRIVATE_GROUP, PRIVATE_CREATOR = 0x0099, "VERTAUG"
ISOCENTRE, POSTURE, TITLE, SOURCE, ZOOMED = 0x01, 0x02, 0x03, 0x04, 0x05

_LETTERS = {
    "L": (1.0, 0.0, 0.0),
    "R": (-1.0, 0.0, 0.0),
    "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0),
    "H": (0.0, 0.0, 1.0),
    "F": (0.0, 0.0, -1.0),
}
_LEAST_SHARE = float(np.sin(np.radians(5.0)))
"""A direction closer than this to a plane of the patient gets no letter across that plane."""


def direction_letters(direction_lps: ArrayLike) -> str:
    """Return a direction in the letters of Patient Orientation (PS3.3 C.7.6.1.1.1).

    Parameters
    ----------
    direction_lps : (3,) array
        Unit vector.

    Returns
    -------
    str
        ``L``, ``R``, ``A``, ``P``, ``H``, ``F`` or several of them, the strongest first.
    """
    direction = np.asarray(direction_lps, dtype=np.float64)
    shares = {letter: float(direction @ np.array(axis)) for letter, axis in _LETTERS.items()}
    strongest = sorted((n for n in shares if shares[n] > _LEAST_SHARE), key=lambda n: -shares[n])
    return "".join(strongest)


def main_direction(letters: str) -> FloatArray | None:
    """Return the axis of the first letter of a direction in LPS, None if it is no letter."""
    first = letters[:1].upper()
    return np.array(_LETTERS[first]) if first in _LETTERS else None
