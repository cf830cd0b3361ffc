"""The outer face of a body's wall, carried with the bone beside it.

From it, and not from points of bone, a balloon's distance to the cortex is measured: where in its
voxel a point lies would shift that distance by part of a voxel.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.balloon.bone_motion import REACH_MM, body_faces
from vertaug.augmentation.balloon.bone_points import BonePoints
from vertaug.augmentation.balloon.patient_bone import BonePart, PatientBone
from vertaug.case.errors import AnatomyError
from vertaug.case.grid import FloatArray
from vertaug.case.spine import Vertebra
from vertaug.numerics.local_fit import weigh_locally

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_SHELL = (
    BonePart.CORTEX,
    BonePart.SUPERIOR_ENDPLATE,
    BonePart.INFERIOR_ENDPLATE,
    BonePart.POSTERIOR,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyWall:
    """Places on the outer face of the cortex of a body, and the bone that carries them.

    Attributes
    ----------
    before_mm : (m, 3) float64 array
        The places where the CT shows them, from the corner of the balloon's grid.
    carriers : (k,) int64 array
        Numbers of the points of bone near the surface.
    carriers_mm : (k, 3) float64 array
        Their places before.
    weights : (m, k) csr_array
        Of their displacements.
    """

    before_mm: FloatArray
    carriers: NDArray[np.int64]
    carriers_mm: FloatArray
    weights: "csr_array"

    def __call__(self, points: BonePoints) -> FloatArray:
        """Return where the places are, shape (m, 3)."""
        went = points.place_mm[self.carriers] - self.carriers_mm
        return np.asarray(self.before_mm + self.weights @ went)

    def outward_mm(self, points: BonePoints) -> float:
        """Return how far the wall has gone out where it has gone farthest.

        Across the body's axis, away from the middle of the wall.
        """
        across = self.before_mm[:, :2]
        out = across - 0.5 * (across.min(axis=0) + across.max(axis=0))
        out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
        went = self(points)[:, :2] - across
        return float(np.einsum("mi,mi->m", went, out).max())


def find_body_wall(bone: PatientBone, vertebra: Vertebra, near: NDArray[np.bool_]) -> BodyWall:
    """Return the wall of a body: its surface without endplates and the base of the pedicles.

    Parameters
    ----------
    bone : PatientBone
        Before anything has moved.
    vertebra : Vertebra
    near : (points,) bool array
        Which of its points are near the surface (`near_surface`).

    Raises
    ------
    AnatomyError
        If the body has no wall.
    """
    from scipy.spatial import cKDTree

    corners = bone.to_place(vertebra.frame.to_world(body_faces(vertebra).points_mm))
    shell = np.flatnonzero(bone.where(*_SHELL))
    cortex = bone.part[shell] == BonePart.CORTEX
    _, nearest = cKDTree(bone.points.place_mm[shell]).query(corners)
    before = corners[cortex[nearest]]
    if not len(before):
        message = f"the body of {vertebra.level} has no wall between its endplates"
        raise AnatomyError(message)
    carriers = np.flatnonzero(near)
    carriers_mm = bone.points.place_mm[carriers]
    return BodyWall(
        before_mm=before,
        carriers=carriers,
        carriers_mm=carriers_mm,
        weights=weigh_locally(before, carriers_mm, REACH_MM),
    )
