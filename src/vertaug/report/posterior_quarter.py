"""Where the posterior quarter of the body begins on a lateral radiograph: a stop rule needs it."""

from dataclasses import dataclass

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes

from vertaug.augmentation.cement.stop_rules import StopRules
from vertaug.case.filling import Filling
from vertaug.case.grid import FloatArray
from vertaug.fluoroscopy.carm import CArm
from vertaug.report import canvas

QUARTER_COLOUR = "#7FE3FF"
QUARTER_WORDS = "posterior 1/4"
SHARE = StopRules().posterior_share
_LEAST_DEPTH = 0.5
"""Of the middle depth; shallower layers are the rims of wedged endplates."""
_SMOOTH_MM = 2.0
"""The walls of the labels have steps; the rule does not, on the whole."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuarterLine:
    """The line in front of the posterior quarter, from below upward.

    Attributes
    ----------
    pixels : (n, 2) float64 array
        Column and row in the image.
    back_right : bool
        Whether the patient's back is on the right of the image.
    """

    pixels: FloatArray
    back_right: bool


def quarter_line(filling: Filling, carm: CArm) -> QuarterLine:
    """Return the line as the stop rule has it: a share of the depth of each layer, from behind.

    Parameters
    ----------
    filling : Filling
        Its grid has the axes left, posterior and superior of the vertebra.
    carm : CArm
        Of a lateral radiograph.
    """
    places = quarter_places(filling)
    pixels = carm.project(places)
    behind = carm.project(places + filling.grid.directions[:, 1])
    return QuarterLine(pixels=pixels, back_right=bool((behind - pixels)[:, 0].mean() > 0.0))


def quarter_places(filling: Filling) -> FloatArray:
    """Return the line in LPS mm, (n, 3), in the middle of the body's width.

    Parameters
    ----------
    filling : Filling
    """
    from scipy.ndimage import gaussian_filter1d

    outline = np.asarray(filling.in_body.any(axis=0))
    count = len(outline)
    front, back = outline.argmax(axis=0), count - outline[::-1].argmax(axis=0)
    depth = np.where(outline.any(axis=0), back - front, 0)
    layers = np.flatnonzero(depth > _LEAST_DEPTH * np.median(depth[depth > 0]))
    # cell n reaches from n - 0.5 to n + 0.5 in the coordinates of the grid
    limit = (back - SHARE * depth)[layers] - 0.5
    smooth = gaussian_filter1d(limit, _SMOOTH_MM / filling.grid.spacing_mm[2], mode="nearest")
    middle = float(np.argwhere(filling.in_body)[:, 0].mean())
    return filling.grid.to_world(np.stack([np.full(len(layers), middle), smooth, layers], axis=1))


def draw_quarter(axes: Axes, line: QuarterLine) -> None:
    """Draw the line with its name below it.

    Parameters
    ----------
    axes : Axes
        Of a lateral radiograph, in pixels.
    line : QuarterLine
    """
    (drawn,) = axes.plot(*line.pixels.T, color=QUARTER_COLOUR, linewidth=0.9)
    drawn.set_path_effects([patheffects.withStroke(linewidth=2.0, foreground="#000000", alpha=0.7)])
    foot = line.pixels[line.pixels[:, 1].argmax()]
    axes.annotate(
        f"{QUARTER_WORDS} →" if line.back_right else f"← {QUARTER_WORDS}",
        xy=(float(foot[0]), float(foot[1])), xytext=(0.0, -7.0), textcoords="offset points",
        ha="left" if line.back_right else "right", va="top", fontsize=canvas.SMALL_PT - 1.0,
        color=QUARTER_COLOUR, path_effects=canvas.halo(),
    )  # fmt: skip
