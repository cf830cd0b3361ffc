"""The vertebra and its needles in three dimensions."""

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.case.grid import FloatArray
from vertaug.case.plan import NeedlePath
from vertaug.case.spine import Vertebra
from vertaug.report import canvas
from vertaug.report.plane import PicturePlane, direction_mark, plane_through
from vertaug.report.raster import Mesh, glass_over, halve, render, shade
from vertaug.report.sections import path_direction
from vertaug.report.style import NEEDLE_COLOUR, NEEDLE_UNSAFE_COLOUR
from vertaug.report.surface import cylinder, vertebra_surface

Rect = tuple[float, float, float, float]
BONE_RGB = (0.93, 0.87, 0.74)
BACKGROUND = (0.965, 0.968, 0.975)
_REACH_BEFORE_BONE_MM = 35.0


def view_plane(
    vertebra: Vertebra, azimuth_deg: float, elevation_deg: float, half: tuple[float, float]
) -> PicturePlane:
    """Return the picture plane of a viewer around the vertebra.

    Parameters
    ----------
    azimuth_deg : float
        0 from straight behind, positive toward the patient's left, 90 from the left.
    elevation_deg : float
        Positive from above.
    half : (float, float)
        Half width and half height of the picture in mm.
    """
    a, e = np.radians([azimuth_deg, elevation_deg])
    eye = np.array([np.sin(a) * np.cos(e), np.cos(a) * np.cos(e), np.sin(e)])
    up = np.array([0.0, 0.0, 1.0])
    right = np.cross(up, eye)
    right = right / np.linalg.norm(right)
    # Right x down must point away from the eye, into the picture.
    down = np.cross(-eye, right)
    frame = vertebra.frame
    centre = frame.to_world([0.0, 17.0, -2.0])
    return plane_through(
        centre, frame.direction_to_world(right), frame.direction_to_world(down), half
    )


def needle_mesh(path: NeedlePath) -> Mesh:
    """Return the needle near the bone, in short pieces for drawing."""
    reach = _REACH_BEFORE_BONE_MM
    if path.skin_depth_mm is not None:
        reach = min(reach, path.skin_depth_mm)
    start = path.entry_lps_mm - reach * path_direction(path)
    pieces = int(np.ceil((path.length_mm + reach) / 0.8))
    return cylinder(start, path.target_lps_mm, path.needle.radius_mm, sides=28, pieces=pieces)


def picture(bone: Mesh, needles: tuple[tuple[Mesh, str], ...], plane: PicturePlane) -> FloatArray:
    """Return the lit picture, shape (rows/2, columns/2, 3), of glassy bone with needles."""
    bone_layer = render(bone, plane)
    bone_rgb = shade(bone_layer, BONE_RGB, 0.12)
    bone_seen = np.isfinite(bone_layer.depth_mm)
    out = np.where(bone_seen[..., None], bone_rgb, np.array(BACKGROUND))
    nearest = np.full(plane.shape, np.inf)
    for mesh, colour in needles:
        layer = render(mesh, plane)
        closer = layer.depth_mm < nearest
        nearest[closer] = layer.depth_mm[closer]
        rgb = shade(layer, rgb_of(colour), 0.5)
        before = closer & (layer.depth_mm <= bone_layer.depth_mm)
        behind = closer & ~before
        out[before] = rgb[before]
        out[behind] = glass_over(bone_layer.normal[behind], bone_rgb[behind], rgb[behind])
    return halve(out)


def rgb_of(colour: str) -> tuple[float, float, float]:
    """Parts of a colour written as #rrggbb, each in [0, 1]."""
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue


def add_solid_panels(
    figure: Figure, rects: tuple[Rect, ...], vertebra: Vertebra, paths: tuple[NeedlePath, ...]
) -> None:
    """Add one 3D view per rectangle: from behind, from behind and above, from the left."""
    bone = vertebra_surface(vertebra)
    needles = tuple(
        (needle_mesh(p), NEEDLE_COLOUR if p.safe else NEEDLE_UNSAFE_COLOUR) for p in paths
    )
    views = (
        ("Seen from behind", 0.0, 0.0),
        ("Seen from behind, left and above", 38.0, 32.0),
        ("Seen from the left", 90.0, 0.0),
    )
    for rect, (title, azimuth, elevation) in zip(rects, views, strict=False):
        half = canvas.panel_half_size(figure, rect, 50.0)
        view = view_plane(vertebra, azimuth, elevation, half)
        plane = PicturePlane(
            centre_lps_mm=view.centre_lps_mm,
            right=view.right,
            down=view.down,
            half_width_mm=view.half_width_mm,
            half_height_mm=view.half_height_mm,
            pixel_mm=0.11,
        )
        axes = canvas.add_panel(figure, rect, plane)
        axes.imshow(
            picture(bone, needles, plane), extent=plane.extent_mm, origin="upper", aspect="auto"
        )
        draw_solid_frame(axes, plane, vertebra, title)


def draw_solid_frame(axes: Axes, plane: PicturePlane, vertebra: Vertebra, title: str) -> None:
    """Write the title, orientation letters at the edges and a small cross of axes."""
    canvas.draw_title(axes, title)
    draw_axes_cross(axes, plane, vertebra)
    for x, direction, align in ((0.015, -plane.right, "left"), (0.985, plane.right, "right")):
        letters = axes.text(
            x, 0.5, direction_mark(direction), transform=axes.transAxes, ha=align, va="center",
            color="#222222", fontsize=canvas.TITLE_PT + 1, fontweight="bold",
        )  # fmt: skip
        letters.set_path_effects([patheffects.withStroke(linewidth=2.5, foreground="#FFFFFF")])


def draw_axes_cross(axes: Axes, plane: PicturePlane, vertebra: Vertebra) -> None:
    """Draw a small cross of the vertebra's axes in the lower left corner."""
    left, right, bottom, top = plane.extent_mm
    base = np.array([left + 0.13 * (right - left), bottom - 0.13 * (bottom - top)])
    length = 0.085 * (right - left)
    for k, colour in enumerate(("#B2182B", "#1B7837", "#2166AC")):
        direction = vertebra.frame.axes[:, k]
        tip = np.array([direction @ plane.right, direction @ plane.down])
        if np.linalg.norm(tip) < 0.25:
            continue
        end = base + length * tip
        axes.annotate(
            "",
            xy=(float(end[0]), float(end[1])),
            xytext=(float(base[0]), float(base[1])),
            arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.1, "mutation_scale": 6},
        )
        place = base + 1.35 * length * tip
        axes.text(
            float(place[0]), float(place[1]), ("L", "P", "H")[k], color=colour,
            fontsize=canvas.LABEL_PT, fontweight="bold", ha="center", va="center",
        )  # fmt: skip
