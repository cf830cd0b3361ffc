"""A patient seen by a C-arm that stays where it is: only what is brought in changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray
from vertaug.case.volume import Scan
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.detector import Detector
from vertaug.fluoroscopy.display import GreyMap, prepare_grey
from vertaug.fluoroscopy.exposure import (
    Exposure,
    candidate_beams,
    dose_of_pulse,
    open_field,
)
from vertaug.fluoroscopy.line_integral import Window, integrate_field
from vertaug.fluoroscopy.matter import Matter, find_window, measure_chords
from vertaug.fluoroscopy.patient import XrayPatient, prepare_patient
from vertaug.fluoroscopy.spectrum import DEFAULT_FILTERS, Beam, air_kerma_per_mas
from vertaug.fluoroscopy.surroundings import find_uncovered, integrate_surroundings
from vertaug.fluoroscopy.technique import Technique
from vertaug.fluoroscopy.transmission import (
    SignalModel,
    kerma_behind_tissue,
    model_signal,
    tabulate_tissue,
)
from vertaug.tissue.material import WATER

_MEASURED_SHARE = 0.5
"""The automatic exposure looks at the middle half of the field, along each side."""
_THICK, _THINNER = 0.65, 1.0
"""Pixels with this share of the middle's optical density, and less than this below it (about 5
cm of tissue), count as patient for the grey scale."""
_FRAME = Window(column=0, row=0, columns=0, rows=0)
"""The corner of the image, from which the pixels of windows count."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldMatter:
    """What stays in a view while other things come and go.

    Attributes
    ----------
    pieces : tuple of Matter
    chords : (n, rows, columns) float64 array
        Path of each ray in each piece, mm.
    signal : (rows, columns) float32 array
        Signal with them, before blur and noise.
    """

    pieces: tuple[Matter, ...]
    chords: FloatArray
    signal: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedView:
    """A patient seen by a C-arm that stays where it is: only what is brought in changes.

    Make it with `fix_view`.

    Attributes
    ----------
    carm, technique, beam, exposure, completed, field
        As of a radiograph.
    sums : (2, rows, columns) float64 array
        Water and cortical bone on each ray; with a monoenergetic beam the attenuation.
    background : (rows, columns) float32 array
        Signal without matter, before blur and noise.
    grey : GreyMap
        The grey scale that fits the patient in this view.
    held : HeldMatter or None
        What is in every image.
    """

    carm: CArm
    technique: Technique
    beam: Beam
    exposure: Exposure
    completed: bool
    field: NDArray[np.bool_]
    sums: FloatArray
    background: NDArray[np.float32]
    grey: GreyMap
    held: HeldMatter | None = None

    @property
    def model(self) -> SignalModel:
        """How beam and detector turn ray sums into signal."""
        return model_signal(self.beam, self.technique.detector)


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
    sums = _integrate(patient, carm, chosen)
    if not (sums[0] != 0).any():
        message = (
            "the detector does not see the patient: no ray from the focus to a pixel meets the "
            f"CT. {carm.describe()}"
        )
        raise GeometryError(message)
    opened = _close_to_ct(open_field(carm, chosen.collimation), patient, carm)
    beam = chosen.beam or _choose_beam(sums, carm, chosen, opened)
    background = _tissue_signal(sums, beam, chosen.detector)
    exposure = _expose(sums, beam, carm, chosen, opened)
    grey = prepare_grey(
        background, _thick_part(background, opened), float(carm.pitch_mm.mean()), chosen.grey
    )
    return FixedView(
        carm=carm,
        technique=chosen,
        beam=beam,
        exposure=exposure,
        completed=patient.surroundings is not None,
        field=opened,
        sums=sums,
        background=background,
        grey=grey,
    )


def hold_matter(view: FixedView, matter: Sequence[Matter]) -> FixedView:
    """Return the view with matter that is in every image, such as needles that stay.

    Images with more in it are the same as if all of it were added, and take less time.

    Parameters
    ----------
    view : FixedView
        With nothing held yet.
    matter : sequence of Matter
    """
    windows = [(piece, find_window(piece, view.carm)) for piece in matter]
    seen = [(piece, window) for piece, window in windows if window is not None]
    chords = np.zeros((len(seen), *view.background.shape))
    for n, (piece, window) in enumerate(seen):
        chords[n][_inside(window, _FRAME)] = measure_chords(piece, view.carm, window)
    held = HeldMatter(
        pieces=tuple(piece for piece, _ in seen), chords=chords, signal=add_matter(view, matter)
    )
    return replace(view, held=held)


def add_matter(view: FixedView, matter: Sequence[Matter]) -> NDArray[np.float32]:
    """Return the signal of the view with matter in it, before blur and noise.

    Only the pixels that matter covers are computed again. Things must not lie in one place:
    their chords add up.
    """
    from vertaug.fluoroscopy._transmission_numba import transmit_matter

    held = view.held
    out = np.array(view.background if held is None else held.signal)
    seen = [(m, w) for m in matter if (w := find_window(m, view.carm)) is not None]
    if not seen:
        return out
    whole = _join_windows([w for _, w in seen])
    part = _inside(whole, _FRAME)
    pieces = (*(() if held is None else held.pieces), *(m for m, _ in seen))
    first = len(pieces) - len(seen)
    chords = np.zeros((len(pieces), whole.rows, whole.columns))
    if held is not None:
        chords[:first] = held.chords[(slice(None), *part)]
    for n, (piece, window) in enumerate(seen, start=first):
        chords[n][_inside(window, whole)] = measure_chords(piece, view.carm, window)
    model = view.model
    sums, basis = _two_sums(view.sums[(slice(None), *part)], view.beam, model)
    corner = np.ascontiguousarray(out[part])
    transmit_matter(
        sums,
        chords,
        np.array([piece.displaced_g_per_ml for piece in pieces]),
        model.weights,
        basis,
        np.stack([model.attenuation(piece.material) for piece in pieces], axis=1),
        corner,
    )
    out[part] = corner
    return out


def _integrate(patient: XrayPatient, carm: CArm, technique: Technique) -> FloatArray:
    """Return the ray sums of the CT and of the tissue around it."""
    energy = None if technique.beam is None else technique.beam.energy_kev
    tissue = patient.tissue if energy is None else patient.tissue_at(energy)
    sums = integrate_field(tissue, carm, interactive=technique.interactive)
    if patient.surroundings is not None and (sums[0] != 0).any():
        around = integrate_surroundings(patient.surroundings, carm)
        sums[0] += around if energy is None else around * WATER.attenuation_at(energy)
    return sums


def _close_to_ct(opened: NDArray[np.bool_], patient: XrayPatient, carm: CArm) -> NDArray[np.bool_]:
    """Return the field with blades over what the CT does not cover, unless nothing were left."""
    if patient.surroundings is None:
        return opened
    left = opened & ~find_uncovered(patient.surroundings, carm, patient.grid)
    return left if left.any() else opened


def _tissue_signal(sums: FloatArray, beam: Beam, detector: Detector) -> NDArray[np.float32]:
    from vertaug.fluoroscopy._transmission_numba import transmit_tissue

    if beam.energy_kev is not None:
        return np.asarray(np.exp(-sums[0]), dtype=np.float32)
    table = tabulate_tissue(beam, detector)
    out = np.empty(sums.shape[1:], dtype=np.float32)
    transmit_tissue(sums, table.values, table.first, table.step, out)
    return out


def _two_sums(sums: FloatArray, beam: Beam, model: SignalModel) -> tuple[FloatArray, FloatArray]:
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
        free = air_kerma_per_mas(beam, carm.source_detector_mm)
        behind = free * kerma_behind_tissue(beam, *typical)
        mas = technique.detector.target_kerma_ugy * carm.zoomed / max(behind, 1e-12)
        if mas <= technique.limits.usual_mas:
            return beam
    return beams[-1]


def _expose(
    sums: FloatArray,
    beam: Beam,
    carm: CArm,
    technique: Technique,
    opened: NDArray[np.bool_],
) -> Exposure:
    """Return the pulse that gives the measuring field its dose."""
    typical = np.median(sums[:, _measuring_field(opened)], axis=1)
    share = _kerma_share(typical, beam)
    free = air_kerma_per_mas(replace(beam, energy_kev=None), carm.source_detector_mm)
    limits = technique.limits
    wanted = technique.detector.target_kerma_ugy * carm.zoomed / max(free * share, 1e-12)
    mas = min(max(wanted, limits.least_mas), limits.largest_mas)
    pulse = dose_of_pulse(carm, beam, mas, float(opened.mean()), free * share * mas)
    return replace(pulse, limited=wanted > mas, excessive=wanted < mas)


def _kerma_share(sums: FloatArray, beam: Beam) -> float:
    """Return the share of air kerma behind the patient; with one energy the sum is its own."""
    if beam.energy_kev is not None:
        return float(np.exp(-sums[0]))
    return kerma_behind_tissue(beam, *sums)


def _thick_part(background: NDArray[np.float32], opened: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels behind the thick part of the patient: not beside it, not its rim."""
    middle = float(np.median(background[_measuring_field(opened)]))
    brightest = min(middle**_THICK, middle * float(np.exp(_THINNER)))
    thick = opened & (background <= brightest)
    return np.asarray(thick if thick.any() else opened)


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
