"""Region map of a vertebra: body, pedicles, arch, canal."""

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.case.spine import Pedicle, Region, VertebraFrame

Axes = tuple[FloatArray, FloatArray, FloatArray]

_BEHIND_ISTHMUS_MM = 4.0
"""The pedicle ends this far behind its isthmus, where the articular mass begins."""


def mark_regions(
    bone: NDArray[np.bool_],
    body: NDArray[np.bool_],
    canal: NDArray[np.bool_],
    pedicles: list[Pedicle | None],
    place: tuple[Axes, VertebraFrame],
) -> NDArray[np.uint8]:
    """Return the region of each voxel, values of `Region`.

    Parameters
    ----------
    bone, body, canal : (nx, ny, nz) bool arrays
    pedicles : list of Pedicle or None
        Left and right.
    place : tuple
        Coordinates along x, y, z in mm, and the vertebra frame.
    """
    axes, frame = place
    regions = np.zeros(bone.shape, dtype=np.uint8)
    regions[canal & ~bone] = Region.CANAL
    regions[bone] = Region.ARCH
    regions[body] = Region.BODY
    codes = (Region.LEFT_PEDICLE, Region.RIGHT_PEDICLE)
    for pedicle, code in zip(pedicles, codes, strict=True):
        if pedicle is not None:
            regions[bone & ~body & _tube(pedicle, frame, axes)] = code
    return regions


def _tube(pedicle: Pedicle, frame: VertebraFrame, axes: Axes) -> NDArray[np.bool_]:
    """Space around the pedicle's axis from the body to behind the isthmus."""
    centre = frame.to_local(pedicle.isthmus_lps_mm)
    axis = pedicle.axis @ frame.axes
    x, y, z = (a - c for a, c in zip(axes, centre, strict=True))
    along = x[:, None, None] * axis[0] + y[None, :, None] * axis[1] + z[None, None, :] * axis[2]
    square = x[:, None, None] ** 2 + y[None, :, None] ** 2 + z[None, None, :] ** 2
    aside = np.sqrt(np.maximum(square - along**2, 0.0))
    radius = 0.5 * max(pedicle.width_mm, pedicle.height_mm) + 2.5
    return np.asarray((along > -_BEHIND_ISTHMUS_MM) & (along < 20.0) & (aside < radius))
