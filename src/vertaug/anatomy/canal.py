"""The vertebral canal: the hole one sees when looking along the spine through a vertebra."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.grid import FloatArray

_SEARCH_MM = 1.5
_SLAB_MM = 14.0
"""Half height of the slab that is looked through: pedicles, laminae and most of the body."""
_MIN_HOLE_MM2 = 40.0
_GROWTH_MM = 4.0
"""How far the canal reaches beyond what is seen through the whole vertebra."""
_NECK_MM = 4.0
"""A gap in the arch narrower than this leads out of the canal (design default)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CanalAxis:
    """The canal as seen through the vertebra.

    Attributes
    ----------
    centre_xy_mm : (2,) float64 array
        Centre of the opening at z = 0 of the frame it was found in.
    slope : (2,) float64 array
        dx/dz and dy/dz of the canal in that frame.
    opening : (nx, ny) bool array
        What is seen through, sheared to z = 0, on the x, y axes of the grid.
    closing_mm : float
        Gaps of the arch that had to be bridged; 0 for a closed arch.
    """

    centre_xy_mm: FloatArray
    slope: FloatArray
    opening: NDArray[np.bool_]
    closing_mm: float


def find_canal_axis(
    bone: NDArray[np.bool_],
    axes: tuple[FloatArray, FloatArray, FloatArray],
    widest_tilt_deg: float = 24.0,
) -> CanalAxis | None:
    """Look through the vertebra along many directions and keep the widest opening.

    Parameters
    ----------
    bone : (nx, ny, nz) bool array
        The whole vertebra, axes roughly left, posterior, superior, origin near the body.
    axes : tuple of float64 arrays
        Coordinates along x, y, z in mm, equal steps.
    widest_tilt_deg : float
        Largest angle between z and the directions tried first.

    Returns
    -------
    CanalAxis or None
        None if no direction shows an opening, even with gaps of 8 mm bridged.
    """
    # directions are sought on a grid of about 1.5 mm, the opening itself is cut on the given one
    thin = max(int(_SEARCH_MM / float(axes[0][1] - axes[0][0]) + 0.01), 1)
    coarse_axes = (axes[0][::thin], axes[1][::thin], axes[2][::thin])
    views = (_Slab.of(bone[::thin, ::thin, ::thin], coarse_axes), _Slab.of(bone, axes))
    tilts = np.arange(-widest_tilt_deg, widest_tilt_deg + 0.1, 4.0)
    for closing_mm in (0.0, 2.0, 4.0, 6.0, 8.0):
        slope = _search(views[0], _slopes(tilts, np.zeros(2)), closing_mm)
        if slope is None:
            continue
        near = _slopes(np.arange(-4.0, 4.1, 2.0), np.degrees(np.arctan(slope)))
        finer = _search(views[0], near, closing_mm)
        slope = slope if finer is None else finer
        opening = views[1].see_through(slope, closing_mm)
        if opening is None or opening.sum() * views[1].step ** 2 < _MIN_HOLE_MM2:
            continue
        i, j = np.nonzero(opening)
        return CanalAxis(
            centre_xy_mm=np.array([axes[0][i].mean(), axes[1][j].mean()]),
            slope=slope,
            opening=opening,
            closing_mm=closing_mm,
        )
    return None


def _slopes(tilts_deg: FloatArray, about_deg: FloatArray) -> list[FloatArray]:
    return [
        np.tan(np.radians([about_deg[0] + a, about_deg[1] + b]))
        for a in tilts_deg
        for b in tilts_deg
    ]


def _search(slab: "_Slab", slopes: list[FloatArray], closing_mm: float) -> FloatArray | None:
    """Mean slope of the directions that show nearly the widest opening."""
    holes = [slab.see_through(slope, closing_mm) for slope in slopes]
    areas = np.array([0.0 if h is None else h.sum() * slab.step**2 for h in holes])
    if areas.max() < _MIN_HOLE_MM2:
        return None
    # the mean of all good directions, so that one voxel does not decide
    weight = np.where(areas > 0.8 * areas.max(), areas, 0.0) ** 4
    return np.asarray((np.array(slopes) * weight[:, None]).sum(axis=0) / weight.sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Slab:
    """The slices of a vertebra near its body's centre."""

    slices: NDArray[np.bool_]
    heights_mm: FloatArray
    y_mm: FloatArray
    step: float

    @classmethod
    def of(
        cls, bone: NDArray[np.bool_], axes: tuple[FloatArray, FloatArray, FloatArray]
    ) -> "_Slab":
        near = np.abs(axes[2]) <= _SLAB_MM
        return cls(
            slices=np.ascontiguousarray(np.moveaxis(bone[:, :, near], 2, 0)),
            heights_mm=axes[2][near],
            y_mm=axes[1],
            step=float(axes[0][1] - axes[0][0]),
        )

    def see_through(self, slope: FloatArray, closing_mm: float) -> NDArray[np.bool_] | None:
        """Largest hole behind the body when looking along one direction; None if none."""
        shifts = np.rint(-self.heights_mm[:, None] * slope / self.step).astype(int)
        pad = int(np.abs(shifts).max(initial=0))
        nx, ny = self.slices.shape[1:]
        shadow = np.zeros((nx + 2 * pad, ny + 2 * pad), dtype=bool)
        for piece, (i, j) in zip(self.slices, shifts + pad, strict=True):
            shadow[i : i + nx, j : j + ny] |= piece
        shadow = shadow[pad : pad + nx, pad : pad + ny]
        if closing_mm > 0:
            shadow = close_disc(shadow, closing_mm / self.step)
        return _main_hole(shadow, self.y_mm)


def close_disc(shape: NDArray[np.bool_], radius: float) -> NDArray[np.bool_]:
    """Close a 2D shape with a disc of a radius in pixels."""
    from scipy.ndimage import distance_transform_edt

    pad = int(np.ceil(radius)) + 1
    grown = distance_transform_edt(~np.pad(shape, pad)) <= radius
    closed = distance_transform_edt(grown) > radius
    return np.asarray(closed[pad:-pad, pad:-pad] | shape)


def _main_hole(shadow: NDArray[np.bool_], y_mm: FloatArray) -> NDArray[np.bool_] | None:
    """Return the largest hole of a shadow behind the body centre."""
    from scipy.ndimage import label

    labels, count = label(~shadow)
    area = np.bincount(labels.ravel(), minlength=count + 1)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        area[edge] = 0  # what reaches the edge is no hole
    area[0] = 0
    for n in np.argsort(-area, kind="stable"):
        if area[n] == 0:
            return None
        hole = labels == n
        if y_mm[np.nonzero(hole)[1]].mean() > 0.0:
            return np.asarray(hole)
    return None


def fill_canal(
    bone: NDArray[np.bool_],
    body: NDArray[np.bool_],
    canal: CanalAxis,
    axes: tuple[FloatArray, FloatArray, FloatArray],
) -> NDArray[np.bool_]:
    """Return the space of the canal over the height of the body.

    The opening seen through the vertebra is carried along the canal's axis and grown by up to
    4 mm into the space that is not bone: the laminae overhang the opening, and beside the
    intervertebral foramina, where no bone bounds the canal, the growth does. What it reaches
    only through a gap narrower than 4 mm lies behind the arch and is left out.

    Parameters
    ----------
    bone, body : (nx, ny, nz) bool arrays
    canal : CanalAxis
    axes : tuple of float64 arrays

    Returns
    -------
    (nx, ny, nz) bool array
    """
    from scipy.ndimage import binary_dilation, distance_transform_edt

    x, _, z = axes
    step = float(x[1] - x[0])
    heights = body.any(axis=(0, 1))
    rounds = max(int(np.ceil(_GROWTH_MM / step)), 1)
    out = np.zeros_like(bone)
    for k in np.nonzero(heights)[0]:
        shift = np.rint(canal.slope * z[k] / step).astype(int)
        seed = np.roll(canal.opening, (int(shift[0]), int(shift[1])), axis=(0, 1))
        free = ~bone[:, :, k]
        within = distance_transform_edt(~seed) * step <= _GROWTH_MM
        grown = binary_dilation(seed & free, iterations=rounds, mask=free & within)
        out[:, :, k] = _without_leak(grown, seed & free, step)
    return out


def _without_leak(
    grown: NDArray[np.bool_], seed: NDArray[np.bool_], step: float
) -> NDArray[np.bool_]:
    """Drop what lies beyond a neck, such as the gap between the laminae."""
    from scipy.ndimage import binary_propagation, distance_transform_edt

    wide = distance_transform_edt(grown) * step > _NECK_MM / 2
    core = binary_propagation(wide & seed, mask=wide)
    if not core.any():
        return grown
    near = distance_transform_edt(~core) * step <= _NECK_MM / 2 + step
    return np.asarray((grown & near) | seed)
