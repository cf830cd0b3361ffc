"""Radiographs: a patient, a C-arm and what has been brought in, as a fluoroscope shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray, read_only
from vertaug.case.volume import Scan
from vertaug.fluoroscopy.arguments import check_kinds, check_matter
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.display import show_grey
from vertaug.fluoroscopy.exposure import Exposure
from vertaug.fluoroscopy.matter import Matter
from vertaug.fluoroscopy.patient import XrayPatient
from vertaug.fluoroscopy.smoothing import blur
from vertaug.fluoroscopy.spectrum import Beam
from vertaug.fluoroscopy.technique import Technique
from vertaug.fluoroscopy.transmission import open_quanta_per_mas
from vertaug.fluoroscopy.view import FixedView, add_matter, fix_view

_NO_BLUR_PIXELS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Radiograph:
    """One image.

    Attributes
    ----------
    grey : (rows, columns) uint8 array
        What the monitor shows; row 0 is the upper edge.
    signal : (rows, columns) float32 array
        Detector signal relative to no patient, with blur and noise. Electronic noise takes
        pixels of few quanta below 0; the monitor cuts there, where it takes the logarithm.
    carm : CArm
    exposure : Exposure
    beam : Beam
    field : (rows, columns) bool array
        Where collimation and field leave it open.
    completed : bool
        Whether tissue around the CT was completed as water.
    note : str
        What else a reader must know, such as that something is only sketched.
    sketch : str
        What is sketched and not simulated; empty where nothing is. `write_xa` declares it in the
        names of series and image.
    """

    grey: NDArray[np.uint8]
    signal: NDArray[np.float32]
    carm: CArm
    exposure: Exposure
    beam: Beam
    field: NDArray[np.bool_]
    completed: bool = False
    note: str = ""
    sketch: str = ""

    def __post_init__(self) -> None:
        for name in ("grey", "signal", "field"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def sentence(self) -> str:
        """How the image was taken."""
        around = (
            " Tissue around the CT completed as water."
            if self.completed
            else " Of the patient only what the CT covers."
        )
        taken = f"{self.beam.describe()}, {self.exposure.describe()}"
        ends = f"No scattered radiation.{around} {self.note}".strip()
        return f"Computed from CT. {self.carm.describe()}. {taken}. {ends}"


def render(
    volume: Scan | XrayPatient,
    carm: CArm,
    matter: Sequence[Matter] = (),
    technique: Technique | None = None,
    rng: np.random.Generator | None = None,
) -> Radiograph:
    """Take a radiograph.

    Parameters
    ----------
    volume : Scan or XrayPatient
        The CT; prepare it once (`prepare_patient`) for more than one image.
    carm : CArm
    matter : sequence of Matter
        What has been brought in: `Cylinder`, `Ellipsoid`, `Box`, `VoxelMatter`.
    technique : Technique, optional
        Default: automatic exposure, no collimation.
    rng : numpy.random.Generator, optional
        Source of quantum noise; without it the image has none.

    Raises
    ------
    InputError
        If an argument is of another kind, such as a path in place of a CT.
    GeometryError
        If the isocentre lies outside the CT, the CT holds nothing but air, the detector does not
        see the patient, or matter reaches the focal spot.
    """
    check_kinds(volume, carm, technique)
    things = check_matter(matter, rng)
    return show_view(fix_view(volume, carm, technique), things, rng)


def show_view(
    view: FixedView, matter: Sequence[Matter] = (), rng: np.random.Generator | None = None
) -> Radiograph:
    """Take a radiograph from a fixed position.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Source of quantum noise; without it the image has none.

    Raises
    ------
    InputError
        If matter or source of noise are of another kind.
    GeometryError
        If matter reaches the focal spot.
    """
    return finish(view, detect(view, add_matter(view, check_matter(matter, rng)), rng))


def finish(view: FixedView, signal: NDArray[np.float32]) -> Radiograph:
    """Return the image that the monitor shows of a detector's signal."""
    pitch = float(view.carm.pitch_mm.mean())
    return Radiograph(
        grey=show_grey(signal, view.field, pitch, view.grey, view.technique.grey),
        signal=signal,
        carm=view.carm,
        exposure=view.exposure,
        beam=view.beam,
        field=view.field,
        completed=view.completed,
    )


def detect(
    view: FixedView, signal: NDArray[np.float32], rng: np.random.Generator | None
) -> NDArray[np.float32]:
    """Return the signal with focal-spot blur, quantum noise, detector blur, electronic noise.

    Parameters
    ----------
    rng : numpy.random.Generator or None
        One number is drawn from it; None leaves the noise out.
    """
    return absorb(view, blur_of_focus(view, signal), rng)


def blur_of_focus(view: FixedView, signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the signal with focal-spot blur, the same for every pulse."""
    if view.technique.interactive:
        return signal
    carm = view.carm
    penumbra = view.technique.detector.focal_spot_mm * (
        carm.source_detector_mm / carm.source_isocentre_mm - 1.0
    )
    return _blur(signal, penumbra / np.sqrt(12.0), carm.pitch_mm)


def absorb(
    view: FixedView, signal: NDArray[np.float32], rng: np.random.Generator | None
) -> NDArray[np.float32]:
    """Return what one pulse leaves in the detector: quantum noise, blur, electronic noise.

    Parameters
    ----------
    rng : numpy.random.Generator or None
        One number is drawn from it; None leaves the noise out.
    """
    if rng is not None:
        signal = _add_noise(view, signal, int(rng.integers(0, 2**63)))
    if view.technique.interactive:
        return signal
    return _blur(signal, view.technique.detector.blur_mm, view.carm.pitch_mm)


def _add_noise(view: FixedView, signal: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    from vertaug.fluoroscopy._transmission_numba import count_quanta

    detector, carm = view.technique.detector, view.carm
    per_mm2 = open_quanta_per_mas(view.beam, detector) * (1000.0 / carm.source_detector_mm) ** 2
    per_pixel = per_mm2 * view.exposure.mas * float(np.prod(carm.pitch_mm))
    quanta = np.empty_like(signal)
    count_quanta((signal * per_pixel).astype(np.float32), np.uint64(seed), quanta)
    if detector.electronic_noise_quanta > 0:
        # twice the same kind of draw: the difference of two counts of half the variance
        half = np.full_like(signal, detector.electronic_noise_quanta**2 / 2 + 25.0)
        dark = np.empty((2, *signal.shape), dtype=np.float32)
        for n in range(2):
            count_quanta(half, np.uint64((seed + 7919 * (n + 1)) % 2**63), dark[n])
        share = detector.electronic_noise_quanta / np.sqrt(2.0 * float(half.flat[0]))
        quanta = quanta + share * (dark[0] - dark[1])
    # what electronic noise takes below 0 stays: cut off, a shadow of few quanta would be brighter
    return np.asarray(quanta / per_pixel, dtype=np.float32)


def _blur(signal: NDArray[np.float32], sigma_mm: float, pitch: FloatArray) -> NDArray[np.float32]:
    sigma = (float(sigma_mm / pitch[1]), float(sigma_mm / pitch[0]))
    return signal if max(sigma) < _NO_BLUR_PIXELS else blur(signal, sigma)
