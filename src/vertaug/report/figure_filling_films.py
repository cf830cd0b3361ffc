"""The filling of a vertebra on radiographs: AP over lateral, a column for each moment."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vertaug.case.filling import Filling
from vertaug.case.spine import Spine
from vertaug.fluoroscopy.radiograph import Radiograph
from vertaug.report import canvas
from vertaug.report.body_outline import BodyOutline, draw_outline, outline_body
from vertaug.report.figure_radiograph import Overlay, Rect, add_radiograph
from vertaug.report.filling_films import FillingFilms
from vertaug.report.filling_moment import BEFORE_WORDS, START, FillingMoment, moment_of_frame
from vertaug.report.film_words import left_of_image, say_blades, say_sides, seen_from
from vertaug.report.leak_key import draw_leak_key, foot_mm
from vertaug.report.leak_marks import draw_leaks, leak_marks, say_leaks
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.posterior_quarter import draw_quarter, quarter_line

_GAP_MM, _HEAD_MM, _TITLE_MM = 1.5, 8.6, 4.8


def draw_filling_radiographs(
    films: FillingFilms, filling: Filling, spine: Spine, shown: tuple[int, ...]
) -> Picture:
    """Draw AP over lateral radiographs: before cement, then a column for each moment.

    Parameters
    ----------
    films : FillingFilms
    filling : Filling
    spine : Spine
    shown : tuple of int
        Which frames.
    """
    columns = len(shown) + 1
    wide = (PAGE_WIDTH_MM - _GAP_MM * (columns - 1)) / columns
    total = _HEAD_MM + 2 * (wide + _TITLE_MM) + foot_mm(filling)
    figure = canvas.new_figure(PAGE_WIDTH_MM, total)
    moments = [START, *(moment_of_frame(filling, number) for number in shown)]
    _write_heads(figure, moments, films, (wide, total))
    for row, (name, first, images) in enumerate(
        (("AP", films.before[0], films.ap), ("Lateral", films.before[1], films.lateral))
    ):
        outline = outline_body(first.carm, spine[filling.level])
        bottom = total - _HEAD_MM - (row + 1) * (wide + _TITLE_MM)
        for column, image in enumerate((first, *(images[number] for number in shown))):
            left = column * (wide + _GAP_MM)
            rect = (
                left / PAGE_WIDTH_MM, bottom / total, wide / PAGE_WIDTH_MM, wide / total
            )  # fmt: skip
            when = (filling, moments[column])
            axes = add_filling_film(figure, rect, image, when, spine)
            draw_outline(axes, outline, wall=row == 1)
            if row == 1:
                draw_quarter(axes, quarter_line(filling, first.carm))
            if column == 0:
                canvas.draw_title(
                    axes, f"{name}, seen {seen_from(first.carm)}: {left_of_image(first.carm)}"
                )
    draw_leak_key(figure, filling, (PAGE_WIDTH_MM, total))
    return Picture(
        name="filling_radiographs",
        caption=_caption(films, filling),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=total,
    )


def add_filling_film(
    figure: Figure,
    rect: Rect,
    image: Radiograph,
    when: tuple[Filling, FillingMoment],
    spine: Spine,
) -> Axes:
    """Add a radiograph of a moment with letters, level and leaks.

    Parameters
    ----------
    figure : Figure
    rect : tuple of float
    image : Radiograph
    when : (Filling, FillingMoment)
    spine : Spine
    """
    filling, moment = when
    axes = add_radiograph(figure, rect, image, spine, Overlay(levels=(filling.level,)))
    draw_leaks(axes, leak_marks(filling, moment.time_s), image.carm.project, "film")
    return axes


def filling_outlines(
    films: FillingFilms, filling: Filling, spine: Spine
) -> tuple[BodyOutline | None, ...]:
    """Return the outline of the body on the sequence of each view."""
    return tuple(outline_body(cine.frames[0].carm, spine[filling.level]) for cine in films.cines)


def _write_heads(
    figure: Figure, moments: list[FillingMoment], films: FillingFilms, size: tuple[float, float]
) -> None:
    """Write volume, time, age and needle above each column."""
    wide, total = size
    for column, moment in enumerate(moments):
        across = (column * (wide + _GAP_MM) + 0.5 * wide) / PAGE_WIDTH_MM
        head, state = moment.volume_words, moment.state_words(films.first_age_s)
        if moment is START:
            head, state = BEFORE_WORDS, f"{say_sides(films.sides)} in place"
        figure.text(
            across, 1.0 - 3.2 / total, head, fontsize=canvas.TITLE_PT + 1.0,
            fontweight="bold", ha="center", va="baseline",
        )  # fmt: skip
        words = figure.text(
            across, 1.0 - 6.6 / total, state, fontsize=canvas.SMALL_PT, ha="center",
            va="baseline",
        )  # fmt: skip
        canvas.fit_text(words, wide / 25.4 * canvas.FIGURE_DPI)


def _caption(films: FillingFilms, filling: Filling) -> str:
    first: Radiograph = films.ap[0]
    blades = say_blades((*films.ap, *films.lateral))
    around = (
        " Around a CT narrower than the trunk the body is completed as water."
        if first.completed
        else ""
    )
    cell = filling.grid.spacing_mm.max()
    return (
        f"Virtual fluoroscopy of {filling.level} while it is filled, computed from the CT with the "
        f"cement of the model and {say_sides(films.sides)} in place; above AP, below lateral; "
        "first column before any cement. Caution: the cast of cement is that of the model's cells "
        f"of {cell:.2g} mm, smoother than real cement and without the texture of trabeculae. Above "
        "the others: injected volume, time from the start of the injection, age from the start of "
        f"mixing, needle in use. Patient {first.carm.posture.value}, head up. AP is seen "
        f"{seen_from(first.carm)}, the {left_of_image(first.carm)}, while axial and coronal "
        "sections have the patient's right on the left. Bar: at the isocentre. Yellow dashed: "
        "outline of the body, projected; orange dashed: posterior wall; both from the labels. Thin "
        "blue: front of the posterior quarter of the body, which a stop rule watches. "
        f"{say_leaks(filling)} "
        f"Without scattered radiation, so contrast is higher than in practice.{around} {blades}"
    ).rstrip()
