"""Moments of an inflation that pictures show: folded, half full, full, emptied."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.kyphoplasty import BalloonCourse, BalloonFrame
from vertaug.report.raster import Mesh


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalloonMoment:
    """One moment of an inflation.

    Attributes
    ----------
    name : str
        ``folded``, ``half``, ``full`` or ``emptied``.
    frame : BalloonFrame
    """

    name: str
    frame: BalloonFrame

    @property
    def words(self) -> str:
        """What is to be seen, with its volume."""
        volume = f"{self.frame.volume_ml:.1f} ml"
        return {
            "folded": "folded, in place",
            "half": f"on the way: {volume} in all",
            "full": f"inflated: {volume} in all",
            "emptied": f"emptied: cavity {volume}",
        }[self.name]


def shown_moments(course: BalloonCourse) -> tuple[BalloonMoment, ...]:
    """Return folded, half full, full and emptied, as far as they were kept.

    Half is the kept frame of the inflation nearest to half the volume at its end.

    Parameters
    ----------
    course : BalloonCourse
    """
    by_stage = {frame.stage: frame for frame in course.frames}
    found = [("folded", by_stage.get("folded"))]
    growing = [frame for frame in course.frames if frame.stage == "inflating"]
    full = by_stage.get("inflated")
    if growing and full is not None:
        half = min(growing, key=lambda frame: abs(frame.volume_ml - 0.5 * full.volume_ml))
        found.append(("half", half))
    found += [("full", full), ("emptied", by_stage.get("emptied"))]
    return tuple(
        BalloonMoment(name=name, frame=frame) for name, frame in found if frame is not None
    )


def balloon_meshes(course: BalloonCourse, frame: BalloonFrame) -> tuple[Mesh, ...]:
    """Return the surface of each balloon with normals, for drawing.

    Parameters
    ----------
    course : BalloonCourse
    frame : BalloonFrame
        Of it.
    """
    faces = np.asarray(course.triangles)
    return tuple(
        Mesh(vertices=points, normals=_normals(points, course), faces=faces)
        for points in (np.asarray(p, dtype=np.float64) for p in frame.points_lps_mm)
    )


def _normals(points: FloatArray, course: BalloonCourse) -> FloatArray:
    """Return unit normals at the points: means over their triangles, by area."""
    corner = points[course.triangles]
    flat = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    out = np.zeros(points.shape)
    for number in range(3):
        np.add.at(out, course.triangles[:, number], flat)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12))
