"""Which planes are shown: mid-sagittal, in the plane of a needle, across a needle."""

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.plan import NeedlePath
from vertaug.case.spine import Region, Vertebra
from vertaug.report.plane import PicturePlane, plane_through, sample

_BLUR_MARGIN = 5
_FRONT_MARGIN_MM = 6.0
_CANAL_SIDE_MM = 6.0  # sagittal pictures are centred behind the body's centre, toward the canal


def mid_sagittal(vertebra: Vertebra, half_size_mm: tuple[float, float]) -> PicturePlane:
    """Return the vertebra's mid-sagittal plane, anterior on the left, head at the top."""
    axes = vertebra.frame.axes
    centre = vertebra.frame.to_world([0.0, _CANAL_SIDE_MM, 0.0])
    return plane_through(centre, axes[:, 1], -axes[:, 2], half_size_mm)


def mid_coronal(vertebra: Vertebra, half_size_mm: tuple[float, float]) -> PicturePlane:
    """Return the coronal plane through the body's centre, seen from the front."""
    axes = vertebra.frame.axes
    return plane_through(vertebra.frame.origin_lps_mm, axes[:, 0], -axes[:, 2], half_size_mm)


def mid_axial(vertebra: Vertebra, half_size_mm: tuple[float, float]) -> PicturePlane:
    """Return the plane midway between the endplates, seen from the feet."""
    axes = vertebra.frame.axes
    plane = plane_through(vertebra.frame.origin_lps_mm, axes[:, 0], axes[:, 1], half_size_mm)
    return _with_front_at_top(vertebra, plane, half_size_mm)


def path_direction(path: NeedlePath) -> FloatArray:
    """Return the unit vector along the needle from the skin to the tip, LPS."""
    vector = path.target_lps_mm - path.entry_lps_mm
    return np.asarray(vector / np.linalg.norm(vector))


def axial_with(
    vertebra: Vertebra, paths: tuple[NeedlePath, ...], half_size_mm: tuple[float, float]
) -> PicturePlane:
    """Return the axial oblique plane that holds the needles, seen from the feet.

    One needle lies in the plane exactly: the needle and the vertebra's left-right axis span
    it. With two needles it is spanned by their mean direction and the mean line from one to
    the other; `out_of_plane_mm` says how far they leave it.
    """
    across = vertebra.frame.axes[:, 0]
    forward = np.mean([path_direction(p) for p in paths], axis=0)
    if len(paths) > 1:
        first, second = paths[0], paths[1]
        apart = first.entry_lps_mm - second.entry_lps_mm
        apart = apart + first.target_lps_mm - second.target_lps_mm
        across = apart * np.sign(apart @ across)
    middle = np.mean([0.5 * (p.entry_lps_mm + p.target_lps_mm) for p in paths], axis=0)
    plane = plane_through(middle, across, -forward, half_size_mm)
    x, _ = plane.to_picture(vertebra.frame.origin_lps_mm)
    plane = plane_through(middle + x * plane.right, plane.right, plane.down, half_size_mm)
    return _with_front_at_top(vertebra, plane, half_size_mm)


def _with_front_at_top(
    vertebra: Vertebra, plane: PicturePlane, half_size_mm: tuple[float, float]
) -> PicturePlane:
    """Shift an axial plane so that the body's anterior wall lies just below its upper edge."""
    body = np.argwhere(vertebra.mask(Region.BODY))
    if not len(body):
        return plane
    points = vertebra.regions.grid.to_world(body)
    front = float(plane.to_picture(points)[:, 1].min())
    centre = plane.centre_lps_mm + (front - _FRONT_MARGIN_MM + half_size_mm[1]) * plane.down
    return plane_through(centre, plane.right, plane.down, half_size_mm)


def sagittal_with(
    vertebra: Vertebra, path: NeedlePath, half_size_mm: tuple[float, float]
) -> PicturePlane:
    """Return the sagittal oblique plane that holds the needle, anterior on the left.

    It is spanned by the needle and the vertebra's superior axis.
    """
    up = vertebra.frame.axes[:, 2]
    forward = path_direction(path)
    right = -(forward - (forward @ up) * up)
    middle = 0.5 * (path.entry_lps_mm + path.target_lps_mm)
    plane = plane_through(middle, right, -up, half_size_mm)
    _, y = plane.to_picture(vertebra.frame.origin_lps_mm)
    return plane_through(middle + y * plane.down, plane.right, plane.down, half_size_mm)


def coronal_across(
    vertebra: Vertebra,
    path: NeedlePath,
    at_lps_mm: FloatArray,
    half_size_mm: tuple[float, float],
) -> PicturePlane:
    """Return the coronal oblique plane across the needle at a point of its axis.

    The needle is across it, so it shows as a circle of its true diameter; seen from the
    front, the patient's right on the left.
    """
    forward = path_direction(path)
    left = vertebra.frame.axes[:, 0]
    right = left - (left @ forward) * forward
    down = -vertebra.frame.axes[:, 2]
    down = down - (down @ forward) * forward
    return plane_through(at_lps_mm, right, down, half_size_mm)


def out_of_plane_mm(plane: PicturePlane, paths: tuple[NeedlePath, ...]) -> float:
    """Return how far bone entry or tip of any needle lies from the plane."""
    points = np.array([q for p in paths for q in (p.entry_lps_mm, p.target_lps_mm)])
    return float(np.abs(plane.depth_mm(points)).max())


def bone_field(vertebra: Vertebra, plane: PicturePlane) -> FloatArray:
    """Occupancy of the vertebra on the plane's pixels; 0.5 is the surface."""
    return sample(vertebra.occupancy.values, vertebra.occupancy.grid, plane.pixel_centres())


def region_field(
    vertebra: Vertebra, plane: PicturePlane, regions: tuple[Region, ...]
) -> FloatArray:
    """Smooth share of the regions on the plane's pixels; 0.5 is the outline.

    The mask is blurred by 0.8 voxels, so that the outline shows no steps of the grid.
    """
    from scipy.ndimage import gaussian_filter

    mask = vertebra.mask(*regions)
    grid = vertebra.regions.grid
    if not mask.any():
        return np.zeros(plane.shape)
    # Only the box around the regions is blurred; the margin holds the whole kernel.
    where = np.argwhere(mask)
    first = np.maximum(where.min(axis=0) - _BLUR_MARGIN, 0)
    stop = np.minimum(where.max(axis=0) + 1 + _BLUR_MARGIN, mask.shape)
    box = mask[tuple(slice(a, b) for a, b in zip(first, stop, strict=True))]
    smooth = gaussian_filter(box.astype(np.float32), 0.8, mode="nearest")
    (i0, j0, k0), (i1, j1, k1) = first.tolist(), stop.tolist()
    return sample(smooth, grid.crop((i0, j0, k0), (i1, j1, k1)), plane.pixel_centres())
