"""Where the vertebrae of the phantom stand: discs, curves, the patient's pose."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray, read_only
from vertaug.imaging.phantom.solid import Solid
from vertaug.imaging.phantom.specification import PhantomSpec
from vertaug.imaging.phantom.vertebra_shape import SHAPES

# Coupled axial rotation per degree of coronal curve: design value.
_AXIAL_PER_CORONAL = 0.4
_ORIGIN_LEVEL = "L1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pose:
    """A rigid pose: ``world = rotation @ local + translation_mm``."""

    rotation: FloatArray
    translation_mm: FloatArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "rotation", read_only(self.rotation, np.float64))
        object.__setattr__(self, "translation_mm", read_only(self.translation_mm, np.float64))

    def after(self, inner: "Pose") -> "Pose":
        """Return the pose that applies ``inner`` first, then this one."""
        return Pose(
            rotation=self.rotation @ inner.rotation,
            translation_mm=self.rotation @ inner.translation_mm + self.translation_mm,
        )

    def inverse(self) -> "Pose":
        """Return the pose that undoes this one."""
        return Pose(rotation=self.rotation.T, translation_mm=-self.rotation.T @ self.translation_mm)

    def apply(self, points_mm: FloatArray) -> FloatArray:
        """Map points, shape (..., 3)."""
        return np.asarray(points_mm @ self.rotation.T + self.translation_mm)


def rotation_xyz(degrees: tuple[float, float, float]) -> FloatArray:
    """Return the matrix that rotates about x, then y, then z."""
    (cx, cy, cz), (sx, sy, sz) = (np.cos(np.radians(degrees)), np.sin(np.radians(degrees)))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


def find_corners(solid: Solid) -> dict[str, FloatArray]:
    """Return the four corners of the mid-sagittal section in the construction frame.

    At the endplates the waist, the buckle and the retropulsion vanish, so that the walls meet
    the (unrounded) endplates at the half depth in front, and behind at the half depth less the
    hollow of the posterior wall.
    """
    from vertaug.imaging.phantom._field_reference import inferior_height, superior_height

    front, back = -solid.half_depth, solid.half_depth - solid.posterior_concavity
    points = {}
    for edge, y in (("anterior", front), ("posterior", back)):
        points[f"superior_{edge}"] = np.array([0.0, y, float(superior_height(0.0, y, solid))])
        points[f"inferior_{edge}"] = np.array([0.0, y, float(inferior_height(0.0, y, solid))])
    return points


def place_vertebrae(spec: PhantomSpec, solids: Mapping[str, Solid]) -> dict[str, Pose]:
    """Return the pose of each level's construction frame in the patient.

    The patient's frame has its origin at the middle of L1; its z axis follows the mean
    inclination of the labelled levels in the sagittal plane.
    """
    names = list(solids)
    poses = {names[-1]: Pose(rotation=np.eye(3), translation_mm=np.zeros(3))}
    for upper, lower in zip(names[-2::-1], names[:0:-1], strict=True):
        step = _stack(solids[lower], solids[upper], lower, _curve(spec, upper))
        poses[upper] = poses[lower].after(step)
    home = poses[_ORIGIN_LEVEL]
    relative = {name: home.inverse().after(poses[name]) for name in names}
    tilts = [math.atan2(-p.rotation[1, 2], p.rotation[2, 2]) for p in relative.values()]
    level = Pose(
        rotation=rotation_xyz((-math.degrees(float(np.mean(tilts[1:-1]))), 0.0, 0.0)),
        translation_mm=np.zeros(3),
    )
    return {name: level.after(relative[name]) for name in names}


def _curve(spec: PhantomSpec, upper: str) -> tuple[float, float]:
    """Coronal and axial rotation in degrees of a level against the one below."""
    coronal = spec.scoliosis_deg / 4
    axial = _AXIAL_PER_CORONAL * spec.scoliosis_deg / 2
    if upper in {"L1", "L2"}:
        return coronal, axial
    if upper in {"T11", "T12"}:
        return coronal, -axial
    return coronal / 2, 0.0


def _stack(lower: Solid, upper: Solid, name: str, curve: tuple[float, float]) -> Pose:
    """Return the pose of the upper vertebra in the frame of the lower, across their disc."""
    below, above = find_corners(lower), find_corners(upper)
    chord = below["superior_posterior"] - below["superior_anterior"]
    length = float(np.linalg.norm(chord))
    forward = chord / length
    up = np.array([0.0, -forward[2], forward[1]])
    under = above["inferior_posterior"] - above["inferior_anterior"]
    shape = SHAPES[name]
    turn = math.degrees(math.atan2(forward[2], forward[1]) - math.atan2(under[2], under[1]))
    rotation = rotation_xyz((turn - shape.disc_angle, 0.0, 0.0))
    rotation = rotation_xyz((0.0, curve[0], curve[1])) @ rotation
    slip = (length - float(np.linalg.norm(under))) / 2
    middle = (below["superior_posterior"] + below["superior_anterior"]) / 2
    target = middle + up * shape.disc_height + forward * slip
    foot = (above["inferior_posterior"] + above["inferior_anterior"]) / 2
    return Pose(rotation=rotation, translation_mm=target - rotation @ foot)


def patient_pose(spec: PhantomSpec) -> Pose:
    """Return where the patient lies in LPS."""
    return Pose(
        rotation=rotation_xyz(spec.rotation_deg),
        translation_mm=np.asarray(spec.translation_mm, dtype=np.float64),
    )
