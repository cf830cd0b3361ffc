"""The margins of a needle path in the exact geometry of the phantom."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray
from vertaug.case.plan import NeedlePath, PathMargins, Route
from vertaug.imaging.phantom import Phantom
from vertaug.imaging.phantom.truth import LevelTruth, PhantomTruth

_STEP_MM = 0.25
_BEHIND_MM = 25.0
_TIP_PART_MM = 10.0
_FACET_REACH_MM = 6.0
_ARCH_MM = 6.0
"""The arch begins about this far behind the posterior wall."""
_PEDICLE_MM = (4.0, 8.0)
"""A pedicle ends this far behind its isthmus or behind the posterior wall, whichever is later."""
_MEDIAL_MM = 4.0
"""The medial border is that of the coronal section this far behind the posterior wall."""
_INSIDE_MM = 1.0
"""A path counts as inside the body this far in front of the posterior wall."""
_FACING_MM = 9.0
"""Half the width in which the posterior wall faces the canal."""
_RING = 24
_STEEP = 0.7
_FAR_MM = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """Part of an exact surface as points with outward normals."""

    points: FloatArray
    normals: FloatArray

    def depth(self, points: FloatArray, within: NDArray[np.bool_] | None = None) -> FloatArray:
        """Return how far points (n, 3) lie inside of the face, negative beyond it.

        Beside the edge of a face its normals do not tell the side: ``within`` says which points
        lie in the part that it bounds, and so on its inner side.
        """
        from scipy.spatial import cKDTree

        distance, nearest = cKDTree(self.points).query(points)
        offset = points - self.points[nearest]
        inward = -np.einsum("ij,ij->i", offset, self.normals[nearest])
        aside = np.sqrt(np.maximum(distance**2 - inward**2, 0.0))
        # samples stand 0.5 mm apart: close to the face its tangent plane is nearer to the truth
        side = np.sign(inward) if within is None else np.where(within, 1.0, np.sign(inward))
        return np.asarray(np.where(aside < 0.6, inward, side * distance))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Walk:
    """A path from its tip outward: axis points, way from the tip, the needle's two sides."""

    points: FloatArray
    way_mm: FloatArray
    outward: FloatArray
    radius_mm: float


def true_margins(path: NeedlePath, level: str, phantom: Phantom, route: Route) -> PathMargins:
    """Return the true margins of a path: clearances of the needle's outer surface in mm.

    The parts are those of the answer key, never measured ones: the canal, the faces of the body
    (endplates where the surface is nearer to level than to upright, walls elsewhere), the outer
    surface of the bone between the posterior wall and the end of the pedicle, and the
    neighbours' bone. A margin is None where nothing is within 12 mm.

    Parameters
    ----------
    path : NeedlePath
    level : str
        T11 to L3.
    phantom : Phantom
    route : Route
        The pedicle's margins are given for the transpedicular route only.
    """
    truth = phantom.truth
    walk = _walk(path)
    faces = body_faces(truth, level)
    ahead = _ahead_of_wall(truth, level, faces["posterior"], walk.points)
    behind = ahead < 0.0
    inside = truth.evaluate(level, "body", walk.points) < 0.0
    depths = {name: face.depth(walk.points, inside) for name, face in faces.items()}
    body = (ahead > _INSIDE_MM) & (depths["lateral"] > _INSIDE_MM)
    tip = body & (walk.way_mm <= _TIP_PART_MM)
    clear = {
        name: float(depth[tip if name in _WALLS else body].min()) - walk.radius_mm
        for name, depth in depths.items()
    }
    through = route is Route.TRANSPEDICULAR
    pedicle = getattr(truth[level], f"{path.side}_pedicle")
    along = (walk.points - pedicle.isthmus_lps_mm) @ pedicle.axis
    within = behind & ((ahead > -_PEDICLE_MM[1]) | (along > -_PEDICLE_MM[0]))
    quarters = _pedicle(truth, level, path.side, walk, within) if through else {}
    facet, neighbour = _neighbours(truth, level, walk)
    return PathMargins(
        canal_mm=float(truth.signed_distance_to(level, "canal", walk.points).min())
        - walk.radius_mm,
        pedicle_mm=quarters.get("all"),
        anterior_wall_mm=clear["anterior"],
        posterior_wall_mm=clear["posterior"],
        lateral_wall_mm=clear["lateral"],
        superior_endplate_mm=clear["superior"],
        inferior_endplate_mm=clear["inferior"],
        facet_mm=facet,
        neighbour_mm=neighbour,
        pedicle_medial_mm=quarters.get("medial"),
        pedicle_lateral_mm=quarters.get("lateral"),
        pedicle_superior_mm=quarters.get("superior"),
        pedicle_inferior_mm=quarters.get("inferior"),
        medial_wall_mm=_medial_wall(truth, level, path.side, walk, within),
    )


_WALLS = ("anterior", "posterior", "lateral")


def body_faces(truth: PhantomTruth, level: str) -> dict[str, _Face]:
    """Return the faces of a body by the direction of its surface in the true frame."""
    points, normals = truth.surface_points(level, "body")
    x, y, z = (normals @ truth[level].frame.axes).T
    upright = np.abs(z) <= _STEEP
    choice = {
        "superior": z > _STEEP,
        "inferior": z < -_STEEP,
        "anterior": upright & (y < 0.0),
        "lateral": upright & (y <= 0.5) & (np.abs(x) > 0.05),
    }
    # the pedicles hide the rest of the posterior wall
    local = truth[level].frame.to_local(points)
    choice["posterior"] = upright & (y > 0.5) & (np.abs(local[:, 0]) < _FACING_MM)
    return {name: _Face(points[k], normals[k]) for name, k in choice.items()}


def _walk(path: NeedlePath) -> _Walk:
    outward = path.entry_lps_mm - path.target_lps_mm
    length = float(np.linalg.norm(outward))
    outward = outward / length
    way = np.arange(path.needle.radius_mm, length + _BEHIND_MM, _STEP_MM)
    return _Walk(
        points=path.target_lps_mm + way[:, None] * outward,
        way_mm=way,
        outward=outward,
        radius_mm=path.needle.radius_mm,
    )


def _ahead_of_wall(
    truth: PhantomTruth, level: str, wall: _Face, points_lps_mm: FloatArray
) -> FloatArray:
    """How far points lie in front of the posterior wall, continued sideways from the canal."""
    from scipy.spatial import cKDTree

    frame = truth[level].frame
    known, points = frame.to_local(wall.points), frame.to_local(points_lps_mm)
    _, nearest = cKDTree(known[:, [0, 2]]).query(points[:, [0, 2]])
    return np.asarray(known[nearest, 1] - points[:, 1])


def _pedicle(
    truth: PhantomTruth, level: str, side: str, walk: _Walk, within: NDArray[np.bool_]
) -> dict[str, float]:
    """Clearance to the cortex all around and in the quarters of the needle's cross-section."""
    pedicle = getattr(truth[level], f"{side}_pedicle")
    frame = truth[level].frame
    axis_points = walk.points[within]
    lateral = np.cross(pedicle.axis, frame.axes[:, 2])
    lateral *= np.sign(lateral @ frame.axes[:, 0]) * (1.0 if side == "left" else -1.0)
    lateral -= (lateral @ walk.outward) * walk.outward
    lateral /= np.linalg.norm(lateral)
    up = np.cross(walk.outward, lateral)
    up *= np.sign(up @ frame.axes[:, 2])
    turn = 2 * np.pi * np.arange(_RING) / _RING
    around = np.cos(turn)[:, None] * lateral + np.sin(turn)[:, None] * up
    surface = axis_points[:, None] + walk.radius_mm * around
    found = {"all": float(-truth.signed_distance_to(level, "bone", surface).max())}
    quarters = (("lateral", 0), ("superior", 90), ("medial", 180), ("inferior", 270))
    reach = np.arange(0.0, _FAR_MM, 0.1)
    for name, middle in quarters:
        turn = np.radians(middle + np.arange(-30.0, 31.0, 7.5))
        rays = np.cos(turn)[:, None] * lateral + np.sin(turn)[:, None] * up
        places = axis_points[::2, None, None] + reach[:, None] * rays[None, :, None]
        outside = truth.evaluate(level, "bone", places) > 0.0
        first = np.where(outside.any(axis=-1), outside.argmax(axis=-1), len(reach))
        found[name] = float(first.min()) * 0.1 - 0.05 - walk.radius_mm
    return found


def _medial_wall(
    truth: PhantomTruth, level: str, side: str, walk: _Walk, within: NDArray[np.bool_]
) -> float | None:
    """Least distance lateral of the pedicle's medial border while behind the posterior wall."""
    key: LevelTruth = truth[level]
    pedicle = getattr(key, f"{side}_pedicle")
    sign = 1.0 if side == "left" else -1.0
    frame = key.frame
    wall = body_faces(truth, level)["posterior"]
    ahead = _ahead_of_wall(truth, level, wall, pedicle.isthmus_lps_mm[None])[0]
    pace = -float(pedicle.axis @ frame.axes[:, 1])
    middle = pedicle.isthmus_lps_mm - (_MEDIAL_MM + ahead) / pace * pedicle.axis
    up = np.linspace(-0.6, 0.6, 25)[:, None] * pedicle.height_mm / 2 * frame.axes[:, 2]
    reach = np.arange(0.0, _FAR_MM, 0.05)
    inward = -sign * reach[:, None] * frame.axes[:, 0]
    outside = truth.evaluate(level, "bone", middle + up[:, None] + inward) > 0.0
    ways = reach[outside.argmax(axis=1)][outside.any(axis=1)]
    border = sign * frame.to_local(middle)[0] - ways.max()
    x = sign * frame.to_local(walk.points)[:, 0]
    return float(x[within].min() - walk.radius_mm - border) if within.any() else None


def _neighbours(truth: PhantomTruth, level: str, walk: _Walk) -> tuple[float | None, float | None]:
    """Clearance to the neighbours' bone facing the own arch, and to all of their bone."""
    from scipy.spatial import cKDTree

    frame = truth[level].frame
    wall_y = float(frame.to_local(body_faces(truth, level)["posterior"].points)[:, 1].mean())
    own, _ = truth.surface_points(level, "bone")
    arch = cKDTree(own[frame.to_local(own)[:, 1] > wall_y + _ARCH_MM])
    names = list(truth.levels)
    here = names.index(level)
    facet, least = np.inf, np.inf
    for name in names[max(here - 1, 0) : here] + names[here + 1 : here + 2]:
        points, normals = truth.surface_points(name, "bone")
        least = min(least, float(_Face(points, -normals).depth(walk.points).min()))
        reach, _ = arch.query(points, distance_upper_bound=_FACET_REACH_MM)
        close = np.isfinite(reach) & (frame.to_local(points)[:, 1] > wall_y)
        if close.any():
            face = _Face(points[close], -normals[close])
            facet = min(facet, float(face.depth(walk.points).min()))
    first, second = (v - walk.radius_mm if v < _FAR_MM else None for v in (facet, least))
    return first, second
