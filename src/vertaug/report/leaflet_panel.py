"""Panels of the leaflet that show the patient's own bones; their words are set beside them.

No word is drawn into a picture: scripts that join their letters are set by the page alone.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vertaug.case.grid import FloatArray
from vertaug.report.leaflet_bone import LeafletBones
from vertaug.report.plane import PicturePlane
from vertaug.report.raster import halve, render, shade

_PALE, _BROKEN, _CEMENT = (0.96, 0.92, 0.82), (0.80, 0.46, 0.22), (0.16, 0.22, 0.34)
_INK = np.array([0.10, 0.08, 0.08])
_PIXEL_MM = 0.11
_MARGIN_MM = 3.0
_BODY_WIDTH, _BODY_HEIGHT = 0.88, 0.95
"""Half the size of the picture of a body, in distances from body to body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelWord:
    """A word in front of a panel; ``y`` is a share of its height from above."""

    y: float
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafletPanel:
    """A panel with the words around it.

    Attributes
    ----------
    name, title : str
    png : bytes
    width_mm, height_mm : float
        True size; pages scale it.
    words : tuple of PanelWord
        Names of the levels, to be set in front of the bones.
    ends : (str, str)
        What is at the left and right edge.
    """

    name: str
    title: str
    png: bytes
    width_mm: float
    height_mm: float
    words: tuple[PanelWord, ...]
    ends: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelText:
    """Words of one panel, in the language of the leaflet; ``broken`` empty: no level names."""

    name: str
    title: str
    ends: tuple[str, str]
    broken: str


def draw_panel(bones: LeafletBones, text: PanelText, plane: PicturePlane) -> LeafletPanel:
    """Return a panel of the bones; see `panel_plane`."""
    rgb = _draw(bones, plane)
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, format="PNG", compress_level=6)
    return LeafletPanel(
        name=text.name,
        title=text.title,
        png=buffer.getvalue(),
        width_mm=2 * plane.half_width_mm,
        height_mm=2 * plane.half_height_mm,
        words=_level_words(bones, plane, text.broken) if text.broken else (),
        ends=text.ends,
    )


def panel_plane(*shown: LeafletBones, from_behind: bool = False) -> PicturePlane:
    """Return the picture that holds all bones of all states, seen from the left or from behind."""
    right = np.array([-1.0, 0.0, 0.0]) if from_behind else np.array([0.0, 1.0, 0.0])
    down = np.array([0.0, 0.0, -1.0])
    points = np.concatenate([m.vertices for bones in shown for m in bones.bones.values()])
    across, along = points @ right, points @ down
    middle = [0.5 * (v.min() + v.max()) for v in (across, along)]
    half = [0.5 * (v.max() - v.min()) + _MARGIN_MM for v in (across, along)]
    depth = points @ np.cross(right, down)
    centre = middle[0] * right + middle[1] * down + (depth.min() - 1.0) * np.cross(right, down)
    return PicturePlane(
        centre_lps_mm=centre,
        right=right,
        down=down,
        half_width_mm=half[0],
        half_height_mm=half[1],
        pixel_mm=_PIXEL_MM,
    )


def body_plane(*shown: LeafletBones) -> PicturePlane:
    """Return the picture of the broken body from the left, with half of each body next to it.

    Its size follows the distance between the bodies, so that it suits a small patient too.
    """
    whole = panel_plane(*shown)
    first = shown[0]
    centres = list(first.centres_lps_mm.values())
    own = first.centres_lps_mm.get(first.level)
    if own is None or len(centres) < 2:
        return whole
    apart = float(np.linalg.norm(centres[0] - centres[-1])) / (len(centres) - 1)
    offset = whole.to_picture(own)
    centre = whole.centre_lps_mm + offset[0] * whole.right + offset[1] * whole.down
    return PicturePlane(
        centre_lps_mm=centre + 0.04 * apart * whole.right,
        right=whole.right,
        down=whole.down,
        half_width_mm=_BODY_WIDTH * apart,
        half_height_mm=_BODY_HEIGHT * apart,
        pixel_mm=_PIXEL_MM,
    )


def _draw(bones: LeafletBones, plane: PicturePlane) -> NDArray[np.uint8]:
    """Return the lit bones on white: the broken one dark and outlined, cement seen through it."""
    from scipy.ndimage import binary_dilation

    out = np.ones((*plane.shape, 3))
    nearest = np.full(plane.shape, np.inf)
    owner = np.full(plane.shape, "", dtype=object)
    for name, mesh in bones.bones.items():
        layer = render(mesh, plane)
        closer = layer.depth_mm < nearest
        nearest[closer] = layer.depth_mm[closer]
        colour = _BROKEN if name == bones.level else _PALE
        out[closer] = shade(layer, colour, 0.05)[closer]
        owner[closer] = name
    own = owner == bones.level
    if bones.cement is not None:
        own_rgb = out[own]
        out[own] = own_rgb + 0.35 * (np.array(_PALE) - own_rgb)
        _lay_cement(out, bones, plane)
    for name in bones.bones:
        mask = owner == name
        width = 7 if name == bones.level else 3
        edge = binary_dilation(mask, iterations=width) & ~mask
        out[edge & ~own if name != bones.level else edge] = _INK
    return np.asarray(np.round(255 * halve(out)), dtype=np.uint8)


def _lay_cement(out: FloatArray, bones: LeafletBones, plane: PicturePlane) -> None:
    """Draw the cement through the bone, with a white rim."""
    from scipy.ndimage import binary_dilation

    assert bones.cement is not None
    layer = render(bones.cement, plane)
    seen = np.isfinite(layer.depth_mm)
    out[seen] = 0.12 * out[seen] + 0.88 * shade(layer, _CEMENT, 0.2)[seen]
    out[binary_dilation(seen, iterations=6) & ~seen] = 1.0


def _level_words(bones: LeafletBones, plane: PicturePlane, broken: str) -> tuple[PanelWord, ...]:
    """Return the names of the levels at the height of their bodies."""
    words = []
    for name, centre in bones.centres_lps_mm.items():
        if name not in bones.bones:
            continue
        place = plane.to_picture(centre)
        own = name == bones.level
        words.append(
            PanelWord(
                y=float(0.5 + 0.5 * place[1] / plane.half_height_mm),
                text=f"{name} {broken}".strip() if own else name,
                strong=own,
            )
        )
    return tuple(words)
