"""The filling under the fluoroscope as an animated GIF, with leaks as marks."""

import io
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from vertaug.case.augmentation_content import ML
from vertaug.case.filling import Filling
from vertaug.case.spine import Spine
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.report import canvas
from vertaug.report.body_outline import OUTLINE_COLOUR, WALL_COLOUR, BodyOutline, draw_outline
from vertaug.report.figure_filling_films import filling_outlines
from vertaug.report.figure_radiograph import Overlay, add_radiograph
from vertaug.report.filling_films import FillingFilms
from vertaug.report.filling_moment import (
    BEFORE_WORDS,
    START,
    FillingMoment,
    moment_at_volume,
)
from vertaug.report.film_words import say_sides, seen_from
from vertaug.report.inputs import DISCLAIMER
from vertaug.report.leak_marks import LEAK_COLOUR, SEEN_MM3, draw_leaks, drawn_leaks, leak_marks
from vertaug.report.posterior_quarter import QUARTER_COLOUR, draw_quarter, quarter_line

_VIEW_WORDS = ("AP", "lateral")
_HEAD_PIXELS, _FOOT_PIXELS = 50, 40
_LEAST_PIXELS = 384
"""A narrower image is enlarged, each pixel to a square, so that the words fit."""
_HOLD_MS = 2000
_GREYS = 32
"""Noise in finer steps makes a GIF several times larger and is not seen."""
_MARKED = (LEAK_COLOUR, OUTLINE_COLOUR, WALL_COLOUR, QUARTER_COLOUR)
_BLENDS = (0.35, 0.7, 1.0)
_NOTE = (
    f"Ring: leak at its exit from the bone, by volume. Dashed: < {SEEN_MM3 * ML:.2f} ml, not seen."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stage:
    """What all images of a sequence have, drawn once.

    Attributes
    ----------
    axes : Axes
        Of the radiograph.
    agg : FigureCanvasAgg
    ground : object
        Its pixels, as matplotlib copies them.
    enlarged : int
        Pixels of the picture on each side of one of the radiograph.
    """

    axes: Axes
    agg: FigureCanvasAgg
    ground: object
    enlarged: int


def filling_gifs(filling: Filling, films: FillingFilms, spine: Spine) -> list[bytes]:
    """Return the AP and the lateral sequence; the last image stays for two seconds.

    Parameters
    ----------
    filling : Filling
    films : FillingFilms
    spine : Spine
    """
    moments = [
        moment_at_volume(filling, volume) if volume > 0.0 else START for volume in films.cine_mm3
    ]
    made = []
    for name, cine, outline in zip(
        _VIEW_WORDS, films.cines, filling_outlines(films, filling, spine), strict=True
    ):
        stage = _set_stage(cine.frames[0], filling, spine, outline, name)
        pictures = [
            _picture(stage, image, (filling, moment), _words(name, moment, films, filling))
            for image, moment in zip(cine.frames, moments, strict=True)
        ]
        made.append(_join(pictures, round(1000.0 / cine.pulses_per_second)))
    return made


def _words(
    name: str, moment: FillingMoment, films: FillingFilms, filling: Filling
) -> tuple[str, str]:
    """Return volume, and state with how it is seen, of a moment."""
    image = films.cines[_VIEW_WORDS.index(name)].frames[0]
    looked = f"seen {seen_from(image.carm)}"
    whole = f"(of {filling.injected_mm3 * ML:.2f} ml)"
    if moment is START:
        state = f"{say_sides(films.sides)} in place"
        return f"{filling.level} {name}: {BEFORE_WORDS} {whole}", f"{state}, {looked}"
    return (
        f"{filling.level} {name}: {moment.volume_words} {whole}",
        f"{moment.state_words(films.first_age_s)}, {looked}",
    )


def _set_stage(
    image: Radiograph, filling: Filling, spine: Spine, outline: BodyOutline | None, name: str
) -> _Stage:
    """Draw what all images of a sequence have: letters, level, outlines, strips below."""
    enlarged = -(-_LEAST_PIXELS // image.grey.shape[1])
    rows, columns = (enlarged * size for size in image.grey.shape)
    total = rows + _HEAD_PIXELS + _FOOT_PIXELS
    dpi = canvas.FIGURE_DPI
    figure = canvas.new_figure(columns / dpi * 25.4, total / dpi * 25.4)
    figure.patch.set_alpha(0.0)
    rect = (0.0, _FOOT_PIXELS / total, 1.0, rows / total)
    axes = add_radiograph(figure, rect, image, spine, Overlay(levels=(filling.level,)))
    lateral = name == _VIEW_WORDS[1]
    draw_outline(axes, outline, wall=lateral)
    if lateral:
        draw_quarter(axes, quarter_line(filling, image.carm))
    axes.images[0].set_visible(False)
    axes.patch.set_alpha(0.0)
    note = _NOTE if drawn_leaks(filling) else ""
    for text, y in ((note, 25.0), (DISCLAIMER, 8.0)):
        _write(figure, text, y, canvas.SMALL_PT - 1.0)
    agg = FigureCanvasAgg(figure)
    agg.draw()  # type: ignore[no-untyped-call]
    return _Stage(
        axes=axes,
        agg=agg,
        ground=agg.copy_from_bbox(figure.bbox),  # type: ignore[no-untyped-call]
        enlarged=enlarged,
    )


def _picture(
    stage: _Stage, image: Radiograph, when: tuple[Filling, FillingMoment], words: tuple[str, str]
) -> NDArray[np.uint8]:
    """Return an image with its drawing and its strips of text, (rows, columns, 3)."""
    axes, agg = stage.axes, stage.agg
    figure, filling, moment = agg.figure, *when
    grey = image.grey.repeat(stage.enlarged, axis=0).repeat(stage.enlarged, axis=1)
    rows, columns = grey.shape
    total = rows + _HEAD_PIXELS + _FOOT_PIXELS
    same = set(axes.get_children())
    draw_leaks(axes, leak_marks(filling, moment.time_s), image.carm.project, "film")
    marks = [artist for artist in axes.get_children() if artist not in same]
    strips = [
        _write(figure, words[0], total - 20.0, canvas.TITLE_PT + 0.5, "bold"),
        _write(figure, words[1], total - 43.0, canvas.TITLE_PT),
    ]
    agg.restore_region(stage.ground)  # type: ignore[no-untyped-call]
    # in the order in which a drawing of everything would come to them
    for artist in (*sorted(marks, key=lambda mark: mark.get_zorder()), *strips):
        artist.draw(agg.get_renderer())  # type: ignore[no-untyped-call]
    drawn = np.asarray(agg.buffer_rgba())[:total, :columns]  # type: ignore[no-untyped-call]
    full = np.zeros((total, columns, 3), dtype=np.uint8)
    full[_HEAD_PIXELS : _HEAD_PIXELS + rows] = grey[..., None]
    covered = drawn[..., 3] > 0
    over = drawn[covered].astype(np.float32)
    cover = over[:, 3:] / 255.0
    full[covered] = np.rint(full[covered] * (1.0 - cover) + cover * over[:, :3])
    for artist in (*marks, *strips):
        artist.remove()
    return full


def _write(figure: Figure, text: str, y: float, size: float, weight: str = "normal") -> Text:
    """Write a strip at a height in pixels, as large as it fits."""
    height = figure.get_size_inches()[1] * canvas.FIGURE_DPI
    line = figure.text(0.012, y / height, text, fontsize=size, fontweight=weight, color="#FFFFFF")
    if text:
        canvas.fit_text(line, 0.976 * figure.get_window_extent().width)
    return line


def _palette() -> list[int]:
    """Return the colours of a GIF: greys, and each colour of the drawing over dark ground."""
    greys = np.rint(np.linspace(0.0, 255.0, _GREYS))
    colours = [(g, g, g) for g in greys.tolist()]
    for name in _MARKED:
        rgb = [int(name[k : k + 2], 16) for k in (1, 3, 5)]
        colours += [(rgb[0] * share, rgb[1] * share, rgb[2] * share) for share in _BLENDS]
    return [round(value) for colour in colours for value in colour]


def _join(pictures: list[NDArray[np.uint8]], pause_ms: int) -> bytes:
    from PIL import Image

    colours = Image.new("P", (1, 1))
    colours.putpalette(_palette())
    frames = [
        Image.fromarray(picture, mode="RGB").quantize(palette=colours, dither=Image.Dither.NONE)
        for picture in pictures
    ]
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[pause_ms] * (len(frames) - 1) + [_HOLD_MS],
        loop=0,
    )
    return buffer.getvalue()
