"""Which sections of a model a map of failure shows.

With cement they go through the cement, without it through the middle of the platens; always along
the model's own axes and through centres of voxels, and the same ones before and after.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.mechanics.model import VertebraModel
from vertaug.report.failure_state import FailureState
from vertaug.report.plane import PicturePlane, plane_through
from vertaug.report.section_words import section_words

_PIXEL_MM = 0.2
_APART_MM = 8.0
"""Halves of the cement nearer than this are one mass about the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A plane of voxels.

    Attributes
    ----------
    axis : int
        Across the plane: 0 sagittal, 1 coronal, 2 axial.
    index : int
        Of the voxels along that axis.
    offset_mm : float
        From the middle of the platens, along left, posterior or superior.
    """

    axis: int
    index: int
    offset_mm: float

    @property
    def words(self) -> str:
        """``sagittal, 9 mm to the patient's left``."""
        return section_words(self.axis, self.offset_mm)


def choose_sections(states: Sequence[FailureState]) -> tuple[FailureState, tuple[Section, ...]]:
    """Return the state that decides and its sections: sagittal ones, coronal, axial.

    Coronal and axial: where the area of cement is greatest. Sagittal: through the centre of the
    cement on each side, the right one first; one where all of it lies on one side or about the
    middle. Without cement one of each through the middle of the platens.

    Parameters
    ----------
    states : sequence of FailureState
        Before, then after.
    """
    chosen = next((s for s in reversed(states) if s.mostly_cement.any()), states[0])
    model = chosen.model
    middle = middle_of_platens(model)
    cement = chosen.mostly_cement
    if not cement.any():
        limit = np.array(model.grid.shape) - 1
        at = np.clip(np.round(middle), 0, limit).astype(int)
        found = [(axis, int(at[axis])) for axis in range(3)]
    else:
        found = [(0, index) for index in _sagittal(cement, model, float(middle[0]))]
        found += [(axis, greatest_area(cement, axis)) for axis in (1, 2)]
    spacing = np.asarray(model.grid.spacing_mm)
    sections = []
    for axis, index in found:
        offset = float((index - middle[axis]) * spacing[axis])
        # half a voxel beside the middle is the middle: there is no plane of voxels nearer to it
        near = abs(index - middle[axis]) <= 0.5 + 1e-9
        sections.append(Section(axis=axis, index=index, offset_mm=0.0 if near else offset))
    return chosen, tuple(sections)


def greatest_area(cement: NDArray[np.bool_], axis: int) -> int:
    """Return the plane across an axis with most cement; of equal ones that in the middle."""
    other = tuple(a for a in range(3) if a != axis)
    area = cement.sum(axis=other)
    best = np.flatnonzero(area == area.max())
    return int(best[len(best) // 2])


def section_plane(
    model: VertebraModel, section: Section, half: tuple[float, float, float]
) -> PicturePlane:
    """Return a section as a plane in the world.

    Sagittal: anterior on the left. Coronal: from the front, the patient's right on the left.
    Axial: from below, the patient's right on the left.

    Parameters
    ----------
    model : VertebraModel
    section : Section
    half : tuple of float
        Half sizes along the model's left, posterior and superior, mm.
    """
    left, posterior, up = model.grid.directions.T
    filled = np.argwhere(model.filled)
    centre = 0.5 * (filled.min(axis=0) + filled.max(axis=0))
    centre[section.axis] = section.index
    right, down, size = (
        (posterior, -up, (half[1], half[2])),
        (left, -up, (half[0], half[2])),
        (left, posterior, (half[0], half[1])),
    )[section.axis]
    plane = plane_through(model.grid.to_world(centre), right, down, size)
    # beside the borders of voxels, where a centre of a pixel would fall to either side
    shift = 0.27 * _PIXEL_MM * (plane.right + plane.down)
    return PicturePlane(
        centre_lps_mm=plane.centre_lps_mm + shift,
        right=plane.right,
        down=plane.down,
        half_width_mm=plane.half_width_mm,
        half_height_mm=plane.half_height_mm,
        pixel_mm=_PIXEL_MM,
    )


def middle_of_platens(model: VertebraModel) -> FloatArray:
    """Return the middle of the platens as a voxel index, not rounded."""
    nodes = np.concatenate([model.superior_nodes, model.inferior_nodes])
    return np.asarray(nodes.mean(axis=0) - 0.5, dtype=np.float64)


def _sagittal(cement: NDArray[np.bool_], model: VertebraModel, middle: float) -> list[int]:
    across = np.argwhere(cement)[:, 0]
    sides = [across[across < middle], across[across >= middle]]
    centres = [float(side.mean()) for side in sides if side.size]
    apart = (centres[-1] - centres[0]) * float(model.grid.spacing_mm[0])
    if len(centres) == 2 and apart < _APART_MM:
        centres = [float(across.mean())]
    return [round(centre) for centre in centres]
