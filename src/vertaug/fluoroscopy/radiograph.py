"""Radiographs: a patient, a C-arm and what has been brought in, as a fluoroscope shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray, read_only
from vertaug.case.volume import Scan
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.detector import Detector
from vertaug.fluoroscopy.display import GreyScale, show_grey
from vertaug.fluoroscopy.exposure import (
    Collimation,
    Exposure,
    ExposureLimits,
    candidate_beams,
    dose_of_pulse,
    open_field,
)
from vertaug.fluoroscopy.line_integral import Window, integrate_field
from vertaug.fluoroscopy.matter import Matter, find_window, measure_chords
from vertaug.fluoroscopy.patient import XrayPatient, prepare_patient
from vertaug.fluoroscopy.spectrum import DEFAULT_FILTERS, Beam, air_kerma_per_mas
from vertaug.fluoroscopy.transmission import SignalModel, model_signal, quanta_per_kerma

_MEASURED_SHARE = 0.5
"""The automatic exposure looks at the middle half of the field, along each side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """How a radiograph is taken.

    Attributes
    ----------
    beam : Beam or None
        None lets the automatic exposure choose the voltage.
    detector : Detector
    collimation : Collimation
    limits : ExposureLimits
        Of the automatic exposure.
    grey : GreyScale
    interactive : bool
        Faster projection in steep views, no blur.
    """

    beam: Beam | None = None
    detector: Detector = field(default_factory=Detector)
    collimation: Collimation = field(default_factory=Collimation)
    limits: ExposureLimits = field(default_factory=ExposureLimits)
    grey: GreyScale = field(default_factory=GreyScale)
    interactive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Radiograph:
    """One image.

    Attributes
    ----------
    grey : (rows, columns) uint8 array
        What the monitor shows; row 0 is the upper edge.
    signal : (rows, columns) float32 array
        Detector signal relative to no patient, with blur and noise.
    carm : CArm
    exposure : Exposure
    beam : Beam
    field : (rows, columns) bool array
        Where collimation and field leave it open.
    """

    grey: NDArray[np.uint8]
    signal: NDArray[np.float32]
    carm: CArm
    exposure: Exposure
    beam: Beam
    field: NDArray[np.bool_]

    def __post_init__(self) -> None:
        for name in ("grey", "signal", "field"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def sentence(self) -> str:
        """How the image was taken."""
        return f"{self.carm.describe()}. {self.beam.describe()}; {self.exposure.describe()}."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedView:
    """A patient seen by a C-arm that stays where it is: only what is brought in changes.

    Make it with `fix_view`.

    Attributes
    ----------
    carm, technique, beam, exposure, field
        As of a radiograph.
    sums : (2, rows, columns) float64 array
        Water and cortical bone on each ray; with a monoenergetic beam the attenuation.
    background : (rows, columns) float32 array
        Signal without matter, before blur and noise.
    """

    carm: CArm
    technique: Technique
    beam: Beam
    exposure: Exposure
    field: NDArray[np.bool_]
    sums: FloatArray
    background: NDArray[np.float32]

    @property
    def model(self) -> SignalModel:
        """How beam and detector turn ray sums into signal."""
        return model_signal(self.beam, self.technique.detector)


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
        What has been brought in.
    technique : Technique, optional
        Default: automatic exposure, no collimation.
    rng : numpy.random.Generator, optional
        Source of quantum noise; without it the image has none.

    Raises
    ------
    GeometryError
        If the isocentre lies outside the CT, or the detector does not see the patient.
    """
    return show_view(fix_view(volume, carm, technique), matter, rng)


def fix_view(
    volume: Scan | XrayPatient, carm: CArm, technique: Technique | None = None
) -> FixedView:
    """Project the patient once, for several images from the same position.

    Raises
    ------
    GeometryError
        If the isocentre lies outside the CT, or the detector does not see the patient.
    """
    chosen = technique or Technique()
    patient = volume if isinstance(volume, XrayPatient) else prepare_patient(volume)
    _check_isocentre(patient, carm)
    energy = None if chosen.beam is None else chosen.beam.energy_kev
    tissue = patient.tissue if energy is None else patient.tissue_at(energy)
    sums = integrate_field(tissue, carm, interactive=chosen.interactive)
    if not (sums[0] != 0).any():
        message = (
            "the detector does not see the patient: no ray from the focus to a pixel meets the "
            f"CT. {carm.describe()}"
        )
        raise GeometryError(message)
    opened = open_field(carm, chosen.collimation)
    beam = chosen.beam or _choose_beam(sums, carm, chosen, opened)
    background = _tissue_signal(sums, beam, chosen.detector)
    exposure = _expose(background, beam, carm, chosen, opened)
    return FixedView(
        carm=carm,
        technique=chosen,
        beam=beam,
        exposure=exposure,
        field=opened,
        sums=sums,
        background=background,
    )


def show_view(
    view: FixedView, matter: Sequence[Matter] = (), rng: np.random.Generator | None = None
) -> Radiograph:
    """Take a radiograph from a fixed position.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Source of quantum noise; without it the image has none.
    """
    signal = detect(view, add_matter(view, matter), rng)
    pitch = float(view.carm.pitch_mm.mean())
    return Radiograph(
        grey=show_grey(signal, view.field, pitch, view.technique.grey),
        signal=signal,
        carm=view.carm,
        exposure=view.exposure,
        beam=view.beam,
        field=view.field,
    )


def add_matter(view: FixedView, matter: Sequence[Matter]) -> NDArray[np.float32]:
    """Return the signal of the view with matter in it, before blur and noise.

    Only the pixels that matter covers are computed again.
    """
    from vertaug.fluoroscopy._transmission_numba import transmit_matter

    out = np.array(view.background)
    seen = [(m, w) for m in matter if (w := find_window(m, view.carm)) is not None]
    if not seen:
        return out
    whole = _join_windows([w for _, w in seen])
    chords = np.zeros((len(seen), whole.rows, whole.columns))
    for n, (piece, window) in enumerate(seen):
        chords[n][_inside(window, whole)] = measure_chords(piece, view.carm, window)
    part = _inside(whole, Window(column=0, row=0, columns=0, rows=0))
    model = view.model
    sums, basis = _two_sums(view.sums[(slice(None), *part)], view.beam, model)
    corner = np.ascontiguousarray(out[part])
    transmit_matter(
        sums,
        chords,
        np.array([m.displaced_g_per_ml for m, _ in seen]),
        model.weights,
        basis,
        np.stack([model.attenuation(m.material) for m, _ in seen], axis=1),
        corner,
    )
    out[part] = corner
    return out


def detect(
    view: FixedView, signal: NDArray[np.float32], rng: np.random.Generator | None
) -> NDArray[np.float32]:
    """Return the signal with focal-spot blur, quantum noise, detector blur, electronic noise.

    Parameters
    ----------
    rng : numpy.random.Generator or None
        One number is drawn from it; None leaves the noise out.
    """
    detector, carm = view.technique.detector, view.carm
    pitch = carm.pitch_mm
    if not view.technique.interactive:
        penumbra = detector.focal_spot_mm * (
            carm.source_detector_mm / carm.source_isocentre_mm - 1.0
        )
        signal = _blur(signal, penumbra / np.sqrt(12.0), pitch)
    if rng is not None:
        signal = _add_noise(view, signal, int(rng.integers(0, 2**63)))
    if not view.technique.interactive:
        signal = _blur(signal, detector.blur_mm, pitch)
    return signal


def _add_noise(view: FixedView, signal: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    from vertaug.fluoroscopy._transmission_numba import count_quanta

    detector, carm = view.technique.detector, view.carm
    free = air_kerma_per_mas(view.beam, carm.source_detector_mm) * view.exposure.mas
    beam = replace(view.beam, energy_kev=None)
    per_pixel = quanta_per_kerma(beam, detector) * float(np.prod(carm.pitch_mm)) * free
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
    return np.asarray(np.maximum(quanta, 0.0) / per_pixel, dtype=np.float32)


def _blur(
    signal: NDArray[np.float32], sigma_mm: float, pitch: FloatArray
) -> NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter

    sigma = (sigma_mm / pitch[1], sigma_mm / pitch[0])
    if max(sigma) < 0.1:
        return signal
    return np.asarray(gaussian_filter(signal, sigma, mode="nearest", truncate=3.0))


def _tissue_signal(sums: FloatArray, beam: Beam, detector: Detector) -> NDArray[np.float32]:
    from vertaug.fluoroscopy._transmission_numba import transmit_tissue

    if beam.energy_kev is not None:
        return np.exp(-sums[0]).astype(np.float32)
    model = model_signal(beam, detector)
    out = np.empty(sums.shape[1:], dtype=np.float32)
    transmit_tissue(sums, model.table, model.first, model.step, out)
    return out


def _two_sums(
    sums: FloatArray, beam: Beam, model: SignalModel
) -> tuple[FloatArray, FloatArray]:
    """Return ray sums and basis in the form of the polyenergetic kernel.

    With one energy the sum is an attenuation: it is written as grams of water.
    """
    if beam.energy_kev is None:
        return np.ascontiguousarray(sums), model.basis
    water = float(model.basis[0, 0])
    return np.concatenate([sums / water, np.zeros_like(sums)]), model.basis


def _choose_beam(
    sums: FloatArray, carm: CArm, technique: Technique, opened: NDArray[np.bool_]
) -> Beam:
    """Return the lowest voltage whose pulse stays usual for the thickness in the middle."""
    measured = sums[:, _measuring_field(opened)]
    typical = np.median(measured, axis=1)
    beams = candidate_beams(DEFAULT_FILTERS)
    for beam in beams:
        signal = _tissue_signal(typical[:, None, None], beam, technique.detector)
        free = air_kerma_per_mas(beam, carm.source_detector_mm)
        mas = technique.detector.target_kerma_ugy / max(free * float(signal[0, 0]), 1e-12)
        if mas <= technique.limits.usual_mas:
            return beam
    return beams[-1]


def _expose(
    background: NDArray[np.float32],
    beam: Beam,
    carm: CArm,
    technique: Technique,
    opened: NDArray[np.bool_],
) -> Exposure:
    """Return the pulse that gives the measuring field its dose."""
    measured = _measuring_field(opened)
    share = float(np.median(background[measured]))
    free = air_kerma_per_mas(replace(beam, energy_kev=None), carm.source_detector_mm)
    wanted = technique.detector.target_kerma_ugy / max(free * share, 1e-12)
    mas = min(wanted, technique.limits.largest_mas)
    pulse = dose_of_pulse(carm, beam, mas, float(opened.mean()), free * share * mas)
    return replace(pulse, limited=wanted > technique.limits.largest_mas)


def _measuring_field(opened: NDArray[np.bool_]) -> NDArray[np.bool_]:
    rows, columns = opened.shape
    edge = (1.0 - _MEASURED_SHARE) / 2
    middle = np.zeros_like(opened)
    middle[
        int(rows * edge) : rows - int(rows * edge),
        int(columns * edge) : columns - int(columns * edge),
    ] = True
    both = opened & middle
    return both if both.any() else opened


def _check_isocentre(patient: XrayPatient, carm: CArm) -> None:
    index = patient.grid.to_index(carm.isocentre_lps_mm)
    if np.any(index < -0.5) or np.any(index > np.array(patient.grid.shape) - 0.5):
        low, high = patient.box_lps_mm.min(axis=0), patient.box_lps_mm.max(axis=0)
        spans = ", ".join(
            f"{name} {a:.0f} to {b:.0f}" for name, a, b in zip("LPS", low, high, strict=True)
        )
        where = ", ".join(f"{value:.1f}" for value in carm.isocentre_lps_mm)
        message = (
            f"the isocentre ({where}) lies outside the CT, which spans {spans} mm; centre the "
            "C-arm on a point of the patient"
        )
        raise GeometryError(message)


def _join_windows(windows: list[Window]) -> Window:
    column, row = min(w.column for w in windows), min(w.row for w in windows)
    last = max(w.column + w.columns for w in windows)
    bottom = max(w.row + w.rows for w in windows)
    return Window(column=column, row=row, columns=last - column, rows=bottom - row)


def _inside(window: Window, whole: Window) -> tuple[slice, slice]:
    row, column = window.row - whole.row, window.column - whole.column
    return slice(row, row + window.rows), slice(column, column + window.columns)
