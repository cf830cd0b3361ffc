"""The answer key of a phantom: exact, from the analytic geometry, never from voxels."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.case.errors import LevelError
from vertaug.case.grid import FloatArray
from vertaug.case.measurement import FractureShape, HeightSet
from vertaug.case.spine import EndplateLine, Landmarks, Region, VertebraFrame
from vertaug.imaging.phantom.grading import Grading, grade_levels, make_intact
from vertaug.imaging.phantom.posture import Pose
from vertaug.imaging.phantom.profile import (
    PedicleSection,
    SagittalLine,
    find_landmarks,
    fit_line,
    integrate_body,
    measure_heights,
    measure_pedicle,
)
from vertaug.imaging.phantom.solid import Solid, stack_solids
from vertaug.imaging.phantom.specification import PHANTOM_LEVELS, PhantomSpec
from vertaug.imaging.phantom.surface import ExactSurface

_PARTS = {"bone": 0, "body": 1, "canal": 2}
_ARCH, _PEDICLE = 3, 4
# A pedicle ends where it meets the lamina, this far behind its isthmus (design value).
_PEDICLE_END_MM = 4.0
_PEDICLE_FILLET_MM = 2.5
_BOX_MM = (np.array([-52.0, -24.0, -56.0]), np.array([52.0, 70.0, 32.0]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PedicleTruth:
    """A pedicle: isthmus centre, axis from arch into body (LPS), smallest width, its height."""

    side: str
    isthmus_lps_mm: FloatArray
    axis: FloatArray
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelTruth:
    """What is true of one level.

    Attributes
    ----------
    frame : VertebraFrame
        Origin at the body's centroid; z bisects the normals of the two endplate lines.
    landmarks : Landmarks
        Six points; corners are where the unrounded endplate meets the wall at x = 0.
    superior_line, inferior_line : EndplateLine
        Least-squares lines of the profiles between 2 and 98 % of the depth.
    heights_mm : HeightSet
        Distances between the landmarks.
    wedge_angle_deg : float
        Between the two lines, kyphosis positive.
    local_kyphosis_deg, cobb_angle_deg : float or None
        Superior line of the level above to the inferior line of this level, and of the level
        below, in this vertebra's sagittal plane; None where the neighbour is not labelled.
    canal_depth_mm : float
        Smallest mid-sagittal depth of the canal along y of the frame, between the endplates.
    loss_percent, genant_grade, shape
        Against intact neighbours (`grading.grade_levels`).
    body_volume_mm3, lost_volume_mm3 : float
        Volume of the body, and what it lost of its designed volume.
    """

    level: str
    frame: VertebraFrame
    landmarks: Landmarks
    superior_line: EndplateLine
    inferior_line: EndplateLine
    heights_mm: HeightSet
    wedge_angle_deg: float
    local_kyphosis_deg: float | None
    cobb_angle_deg: float | None
    left_pedicle: PedicleTruth
    right_pedicle: PedicleTruth
    canal_depth_mm: float
    reference_mm: HeightSet
    loss_percent: HeightSet
    genant_grade: int
    shape: FractureShape
    body_volume_mm3: float
    lost_volume_mm3: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhantomTruth:
    """The truth of all labelled levels, and exact geometry to ask.

    Attributes
    ----------
    levels : mapping of str to LevelTruth
        T11 to L3.
    """

    levels: Mapping[str, LevelTruth]
    _solids: Mapping[str, Solid] = field(repr=False)
    _poses: Mapping[str, Pose] = field(repr=False)
    _surfaces: dict[tuple[str, str], ExactSurface] = field(default_factory=dict, repr=False)

    def __getitem__(self, level: str) -> LevelTruth:
        """Return the truth of a level.

        Raises
        ------
        LevelError
            If the phantom has no such level.
        """
        if level not in self.levels:
            message = f"the phantom has no truth for {level}; levels: {', '.join(self.levels)}"
            raise LevelError(message)
        return self.levels[level]

    def evaluate(self, level: str, part: str, points_lps_mm: ArrayLike) -> FloatArray:
        """Return the signed function of a part at points (..., 3): negative inside.

        Its zero is exact; its value is a distance only to first order near the surface.
        """
        if part not in _PARTS:
            message = f"the phantom knows the parts {', '.join(_PARTS)}; got '{part}'"
            raise ValueError(message)
        points = np.asarray(points_lps_mm, dtype=np.float64)
        return self._field(self[level].level, _PARTS[part], points.reshape(-1, 3)).reshape(
            points.shape[:-1]
        )

    def signed_distance_to(self, level: str, part: str, points_lps_mm: ArrayLike) -> FloatArray:
        """Return the true distance in mm to the surface of a part, negative inside.

        Parameters
        ----------
        level : str
            Level name, T11 to L3.
        part : str
            ``bone`` (outer surface of the whole vertebra), ``body`` or ``canal`` (the space
            between posterior wall, pedicles and laminae, between the levels of the endplates).
        points_lps_mm : (..., 3) array
            Points in LPS mm; accurate to 0.05 mm within 8 mm of the surface.
        """
        points = np.asarray(points_lps_mm, dtype=np.float64)
        local = self._poses[level].inverse().apply(points.reshape(-1, 3))
        return self._surface(level, part).signed_distance(local).reshape(points.shape[:-1])

    def surface_points(self, level: str, part: str) -> tuple[FloatArray, FloatArray]:
        """Return points on the surface of a part, about 0.5 mm apart, and its outward normals.

        Returns
        -------
        points_lps_mm, normals : (n, 3) float64 arrays
            In LPS; the points are exact.
        """
        points, normals = self._surface(level, part).points_and_normals()
        home = self._poses[level]
        return home.apply(points), normals @ home.rotation.T

    def _surface(self, level: str, part: str) -> ExactSurface:
        key = (self[level].level, part)
        if key not in self._surfaces:
            low, high = _BOX_MM
            home = self._poses[level]
            self._surfaces[key] = ExactSurface(
                lambda local: self.evaluate(level, part, home.apply(local)), low, high
            )
        return self._surfaces[key]

    def true_regions(self, level: str, points_lps_mm: ArrayLike) -> NDArray[np.uint8]:
        """Return the `Region` of points (..., 3) with respect to one vertebra.

        The body ends at its own outline, continued across the base of the pedicles; a pedicle
        ends 4 mm behind its isthmus along its axis.
        """
        points = np.asarray(points_lps_mm, dtype=np.float64).reshape(-1, 3)
        bone = self.evaluate(level, "bone", points) <= 0
        body = self.evaluate(level, "body", points) <= 0
        canal = self.evaluate(level, "canal", points) <= 0
        tube = self._field(level, _PEDICLE, points) <= _PEDICLE_FILLET_MM
        local = self._poses[level].inverse().apply(points)
        from vertaug.imaging.phantom._field_reference import pedicle_along

        x, y, z = local.T
        along, _, _ = pedicle_along(np.abs(x), y, z, self._solids[level])
        front = tube & (along <= _PEDICLE_END_MM)
        out = np.zeros(len(points), dtype=np.uint8)
        out[canal] = Region.CANAL
        out[bone] = Region.ARCH
        out[bone & front & (x > 0)] = Region.LEFT_PEDICLE
        out[bone & front & (x <= 0)] = Region.RIGHT_PEDICLE
        out[bone & body] = Region.BODY
        return out.reshape(np.asarray(points_lps_mm).shape[:-1])

    def bone_volume_mm3(self, level: str, step_mm: float = 0.6) -> float:
        """Return the volume of a whole vertebra, by integration on a fine grid."""
        low, high = _BOX_MM
        axes = [np.arange(a, b, step_mm) for a, b in zip(low, high, strict=True)]
        local = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        value = self.evaluate(level, "bone", self._poses[level].apply(local))
        return float(np.clip(0.5 - value / step_mm, 0.0, 1.0).sum()) * step_mm**3

    def _field(self, level: str, part: int, points: FloatArray) -> FloatArray:
        from vertaug.imaging.phantom._field_numba import evaluate_part

        names = list(self._solids)
        table = stack_solids(tuple(self._solids.values()))
        back = [self._poses[n].inverse() for n in names]
        affines = np.stack([np.column_stack([p.rotation, p.translation_mm]) for p in back])
        contiguous = np.ascontiguousarray(points)
        return np.asarray(evaluate_part(contiguous, affines, table, names.index(level), part))


def make_truth(
    spec: PhantomSpec, solids: Mapping[str, Solid], poses: Mapping[str, Pose]
) -> PhantomTruth:
    """Return the truth of a phantom from its solids and their poses in LPS."""
    landmarks = {name: find_landmarks(solids[name]) for name in PHANTOM_LEVELS}
    heights = {name: measure_heights(points) for name, points in landmarks.items()}
    grades = grade_levels(heights, {name: spec.loss(name).largest for name in PHANTOM_LEVELS})
    lines = {
        name: (fit_line(solids[name], superior=True), fit_line(solids[name], superior=False))
        for name in PHANTOM_LEVELS
    }
    levels = {}
    for name in PHANTOM_LEVELS:
        levels[name] = _level_truth(
            name,
            solids[name],
            poses,
            lines=lines,
            points=landmarks[name],
            heights=heights[name],
            grading=grades[name],
        )
    return PhantomTruth(levels=MappingProxyType(levels), _solids=solids, _poses=poses)


def _level_truth(
    name: str,
    solid: Solid,
    poses: Mapping[str, Pose],
    *,
    lines: Mapping[str, tuple[SagittalLine, SagittalLine]],
    points: dict[str, FloatArray],
    heights: HeightSet,
    grading: Grading,
) -> LevelTruth:
    pose = poses[name]
    superior, inferior = lines[name]
    volume, centroid = integrate_body(solid)
    frame = _make_frame(pose, superior, inferior, centroid)
    world = {n: EndplatePair(poses[n], pair) for n, pair in lines.items()}
    n = PHANTOM_LEVELS.index(name)
    above = world[PHANTOM_LEVELS[n - 1]] if n > 0 else None
    below = world[PHANTOM_LEVELS[n + 1]] if n + 1 < len(PHANTOM_LEVELS) else None
    own = world[name]
    pedicle = measure_pedicle(solid)
    return LevelTruth(
        level=name,
        frame=frame,
        landmarks=Landmarks(**{key: pose.apply(point) for key, point in points.items()}),
        superior_line=own.superior,
        inferior_line=own.inferior,
        heights_mm=heights,
        wedge_angle_deg=math.degrees(superior.angle_rad - inferior.angle_rad),
        local_kyphosis_deg=_kyphosis(frame, above.superior, own.inferior) if above else None,
        cobb_angle_deg=_kyphosis(frame, above.superior, below.inferior)
        if above and below
        else None,
        left_pedicle=_pedicle_truth("left", pedicle, pose),
        right_pedicle=_pedicle_truth("right", pedicle, pose),
        canal_depth_mm=_canal_depth(solid, pose.inverse().rotation @ frame.axes[:, 1], points),
        reference_mm=grading.reference_mm,
        loss_percent=grading.loss_percent,
        genant_grade=grading.grade,
        shape=grading.shape,
        body_volume_mm3=volume,
        lost_volume_mm3=integrate_body(make_intact(name))[0] - volume,
    )


class EndplatePair:
    """The two endplate lines of a level in LPS."""

    def __init__(self, pose: Pose, pair: tuple[SagittalLine, SagittalLine]) -> None:
        self.superior, self.inferior = (_line_to_world(pose, line) for line in pair)


def _line_to_world(pose: Pose, line: SagittalLine) -> EndplateLine:
    direction = np.array([0.0, math.cos(line.angle_rad), math.sin(line.angle_rad)])
    return EndplateLine(
        point_lps_mm=pose.apply(line.point),
        direction=pose.rotation @ direction,
        residual_mm=line.residual_mm,
    )


def _make_frame(
    pose: Pose, superior: SagittalLine, inferior: SagittalLine, centroid: FloatArray
) -> VertebraFrame:
    tilt = (superior.angle_rad + inferior.angle_rad) / 2
    c, s = math.cos(tilt), math.sin(tilt)
    local = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    return VertebraFrame(origin_lps_mm=pose.apply(centroid), axes=pose.rotation @ local)


def _kyphosis(frame: VertebraFrame, upper: EndplateLine, lower: EndplateLine) -> float:
    """Angle between two lines in the sagittal plane of a frame, kyphosis positive."""
    angles = []
    for line in (upper, lower):
        _, y, z = line.direction @ frame.axes
        angles.append(math.atan2(z, y))
    return math.degrees(angles[0] - angles[1])


def _pedicle_truth(side: str, section: PedicleSection, pose: Pose) -> PedicleTruth:
    mirror = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    return PedicleTruth(
        side=side,
        isthmus_lps_mm=pose.apply(section.centre * mirror),
        axis=pose.rotation @ (section.axis * mirror),
        width_mm=section.width_mm,
        height_mm=section.height_mm,
    )


def _canal_depth(solid: Solid, along: FloatArray, points: dict[str, FloatArray]) -> float:
    """Smallest depth from the posterior wall to the roof of the canal along a direction."""
    from vertaug.imaging.phantom._field_reference import body_field, canal_tube

    low, high = points["inferior_posterior"], points["superior_posterior"]
    share = np.linspace(0.1, 0.9, 41)[:, None]
    starts = low + share * (high - low) - 6.0 * along
    step = 0.05
    ticks = np.arange(0.0, 36.0, step)
    y = starts[:, 1:2] + ticks * along[1]
    z = starts[:, 2:3] + ticks * along[2]
    value = np.maximum(-body_field(0.0, y, z, solid), canal_tube(0.0, y, solid))
    return float(np.clip(0.5 - value / step, 0.0, 1.0).sum(axis=1).min() * step)
