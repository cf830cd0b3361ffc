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
from vertaug.report.film_grid import draw_film_grid
from vertaug.report.film_words import left_of_image, say_blades, say_sides, seen_from
from vertaug.report.leak_key import draw_leak_key, foot_mm
from vertaug.report.leak_marks import draw_leaks, leak_marks, say_leaks
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.posterior_quarter import draw_quarter, quarter_line


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
    moments = (START, *(moment_of_frame(filling, number) for number in shown))
    rows = tuple(
        (first, *(images[number] for number in shown))
        for first, images in zip(films.before, (films.ap, films.lateral), strict=True)
    )
    outlines = [outline_body(row[0].carm, spine[filling.level]) for row in rows]

    def add_film(figure: Figure, rect: Rect, row: int, column: int) -> Axes:
        when = (filling, moments[column])
        axes = add_filling_film(figure, rect, rows[row][column], when, spine)
        draw_outline(axes, outlines[row], wall=row == 1)
        if row == 1:
            draw_quarter(axes, quarter_line(filling, rows[row][0].carm))
        return axes

    heads = tuple(_head(moment, films) for moment in moments)
    grid = draw_film_grid(heads, films.before, add_film, foot_mm(filling))
    draw_leak_key(grid.figure, filling, (PAGE_WIDTH_MM, grid.height_mm))
    return Picture(
        name="filling_radiographs",
        caption=_caption(films, filling),
        png=canvas.png_bytes(grid.figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=grid.height_mm,
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


def _head(moment: FillingMoment, films: FillingFilms) -> tuple[str, str]:
    """Return volume with time, and age with needle, of a moment."""
    if moment is START:
        return BEFORE_WORDS, f"{say_sides(films.sides)} in place"
    return moment.volume_words, moment.state_words(films.first_age_s)


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
