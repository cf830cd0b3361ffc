"""Cement and balloon as a sketch: for teaching and for trying a view, not simulated.

Neither flow nor inflation is computed. Cement fills the body outward from the tips; a balloon
lies on its catheter ahead of a cannula that is drawn back to the posterior wall.
"""

from collections.abc import Sequence

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.plan import NeedlePath
from vertaug.case.spine import Region, Vertebra
from vertaug.fluoroscopy.matter import (
    Cylinder,
    Ellipsoid,
    Matter,
    VoxelMatter,
    fill_share,
    voxel_matter,
)
from vertaug.fluoroscopy.needle_series import needle_in_place
from vertaug.tissue.material import STEEL, iodinated_contrast

BALLOON_RATIO = 0.7
"""Width of an inflated balloon to its length (design default, as are the numbers below)."""
_GAP_MM = 1.5
"""Least distance between the cannula and the balloon."""
_PAST_WALL_MM = 3.0
"""How far the cannula stays in the body."""
_SHAFT_MM = 0.35
"""Radius of the catheter's shaft as it is seen: its stiffening wire."""
_MARKER_MM = (0.7, 1.0)
"""Radius and length of the markers at a balloon's ends: the one at the back stands out of the shaft
that ends in it (design defaults)."""
_LARGEST_SHARE, _SMALLEST_SHARE = 0.95, 0.35
"""Cement in a voxel of marrow: trabeculae and trapped marrow keep the rest."""
_LUMP_MM, _UNEVEN_MM, _EDGE_MM = 3.0, 4.0, 0.7
_SHELL_MM, _ROUNDING_MM = 1.5, 12.0
_SEED = 7


def sketch_cement(
    vertebra: Vertebra,
    tips_lps_mm: Sequence[FloatArray],
    volume_ml: float,
    needles: Sequence[Cylinder] = (),
) -> VoxelMatter:
    """Return cement inside the body about the tips, uneven as cement between trabeculae is.

    Parameters
    ----------
    vertebra : Vertebra
    tips_lps_mm : sequence of (3,) arrays
        From where it spreads; all tips share the volume.
    volume_ml : float
    needles : sequence of Cylinder
        What stands in the body; cement keeps clear of it.

    Raises
    ------
    InputError
        If the body does not hold that much.
    """
    from scipy.ndimage import gaussian_filter

    grid = vertebra.regions.grid
    voxel_ml = float(np.prod(grid.spacing_mm)) / 1000.0
    lumps = _draw_lumps(grid)
    deep = _measure_depth(vertebra)
    room = (deep > _SHELL_MM).astype(np.float64)
    for needle in needles:
        room *= 1.0 - fill_share(needle, grid)
    middle, half = (_LARGEST_SHARE + _SMALLEST_SHARE) / 2, (_LARGEST_SHARE - _SMALLEST_SHARE) / 2
    share = room * (middle - half * lumps)
    most = float(share.sum()) * voxel_ml
    if volume_ml > most:
        message = (
            f"the body of {vertebra.level} holds at most {most:.1f} ml of cement between its "
            f"trabeculae; got {volume_ml:g} ml"
        )
        raise InputError(message)
    where = grid.to_world(np.argwhere(room > 0))
    near = np.min([np.linalg.norm(where - tip, axis=1) for tip in tips_lps_mm], axis=0)
    near += _ROUNDING_MM * np.exp(-deep[room > 0] / _SHELL_MM)  # walls come late: round, not boxed
    order = np.argsort(near + _UNEVEN_MM * lumps[room > 0], kind="stable")
    taken = share[room > 0][order]
    before = np.cumsum(taken) - taken
    filled = np.zeros(len(order))
    filled[order] = np.clip(volume_ml / voxel_ml - before, 0.0, taken)
    out = np.zeros(grid.shape, dtype=np.float32)
    out[room > 0] = filled
    # the edge is not that of voxels; what the smoothing moves stays inside the shell
    soft = gaussian_filter(out, _EDGE_MM / grid.spacing_mm) * room
    out = np.minimum(soft * (out.sum() / soft.sum()), room).astype(np.float32)
    return voxel_matter(out, grid)


def _draw_lumps(grid: Grid) -> FloatArray:
    """Return smooth noise between -1 and 1, the same each time."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(_SEED)
    lumps = gaussian_filter(rng.standard_normal(grid.shape), _LUMP_MM / grid.spacing_mm)
    return np.asarray(np.clip(lumps / (2.0 * lumps.std()), -1.0, 1.0))


def sketch_balloon(vertebra: Vertebra, path: NeedlePath, length_mm: float) -> tuple[Matter, ...]:
    """Return a balloon whose front is at the target, markers, catheter, and cannula drawn back.

    The cannula ends 3 mm past the posterior wall, or 1.5 mm behind the balloon if that is less.

    Raises
    ------
    InputError
        If the balloon and the cannula have no room between posterior wall and target.
    """
    along = (path.target_lps_mm - path.entry_lps_mm) / path.length_mm
    wall = _wall_depth(vertebra, path)
    room = path.length_mm - wall - _GAP_MM
    if length_mm > room:
        message = (
            f"a balloon of {length_mm:g} mm does not fit: the {path.side} needle runs "
            f"{path.length_mm - wall:.1f} mm in the body, which leaves room for {max(room, 0):.0f} "
            "mm ahead of the cannula"
        )
        raise InputError(message)
    back = path.length_mm - length_mm
    half = length_mm / 2
    centre = path.entry_lps_mm + (back + half) * along
    across = np.linalg.svd(along[None, :])[2][1:]
    axes = np.stack([along * half, *(across * half * BALLOON_RATIO)], axis=1)
    balloon = Ellipsoid(centre_lps_mm=centre, semi_axes_lps_mm=axes, material=iodinated_contrast())
    *cannula, back_marker, front_marker, shaft = balloon_catheter(vertebra, path, back)
    return (*cannula, balloon, back_marker, front_marker, shaft)


def balloon_catheter(vertebra: Vertebra, path: NeedlePath, back_mm: float) -> tuple[Cylinder, ...]:
    """Return the cannula drawn back, markers at both ends of a balloon, and the catheter's shaft.

    The middles of the markers lie as far apart as the balloon is long. The cannula ends 3 mm past
    the posterior wall, or 1.5 mm behind the balloon if that is less.

    Parameters
    ----------
    vertebra : Vertebra
    path : NeedlePath
        To the front of the balloon.
    back_mm : float
        Of the balloon's back end, from the bone entry along the path.
    """
    along = (path.target_lps_mm - path.entry_lps_mm) / path.length_mm
    radius, thick = _MARKER_MM
    # a marker does not push contrast agent away: about an eighth of its depth too much
    markers = [
        Cylinder(
            start_lps_mm=path.entry_lps_mm + (at - 0.5 * thick) * along,
            end_lps_mm=path.entry_lps_mm + (at + 0.5 * thick) * along,
            radius_mm=radius,
            material=STEEL,
        )
        for at in (back_mm, path.length_mm)
    ]
    cannula = min(_wall_depth(vertebra, path) + _PAST_WALL_MM, back_mm - _GAP_MM)
    shaft = Cylinder(
        start_lps_mm=path.entry_lps_mm + cannula * along,
        end_lps_mm=path.entry_lps_mm + back_mm * along,
        radius_mm=_SHAFT_MM,
    )
    return (*needle_in_place(path, cannula), *markers, shaft)


def _wall_depth(vertebra: Vertebra, path: NeedlePath) -> float:
    """Return where a needle passes the plane of the posterior wall, mm from bone entry."""
    marks = vertebra.landmarks
    normal = np.cross(
        vertebra.frame.axes[:, 0], marks.superior_posterior - marks.inferior_posterior
    )
    start, end = (
        float((point - marks.superior_posterior) @ normal)
        for point in (path.entry_lps_mm, path.target_lps_mm)
    )
    if start * end >= 0:
        return 0.0
    return path.length_mm * start / (start - end)


def _measure_depth(vertebra: Vertebra) -> FloatArray:
    """Return how deep each voxel of the body lies below its surface in mm, 0 outside."""
    from scipy.ndimage import distance_transform_edt

    body = vertebra.mask(Region.BODY)
    spacing = vertebra.regions.grid.spacing_mm
    return np.asarray(distance_transform_edt(body, sampling=spacing), dtype=np.float64)
