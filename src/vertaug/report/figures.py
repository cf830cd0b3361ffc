"""All pictures of a report."""

from vertaug.case.plan import NeedlePath
from vertaug.report.comparison_pictures import comparison_pictures
from vertaug.report.content_plan import best_plan, shown_paths
from vertaug.report.figure_needle_planes import OUTLINE_WORDS, draw_needle
from vertaug.report.filling_pictures import Glasses, filling_pictures
from vertaug.report.inputs import ReportInput
from vertaug.report.kyphoplasty_pictures import kyphoplasty_pictures, spine_after_balloons
from vertaug.report.picture import PAGE_WIDTH_MM, Picture, panel_rect
from vertaug.report.strength_pictures import strength_pictures


def draw_pictures(case: ReportInput) -> tuple[Picture, ...]:
    """Draw every picture that the case allows."""
    level = case.level
    if level is None or level not in case.spine.vertebrae:
        alone = (_spine_picture(case, "key"),) if case.spine.vertebrae else ()
        return (*alone, *_of_simulations(case))
    plan = best_plan(case.planning)
    paths = () if plan is None else shown_paths(plan)
    pictures = [_key_picture(case, level, paths), _spine_picture(case, "spine")]
    pictures += [draw_needle(case.spine, level, path) for path in paths]
    pictures.append(_solid_picture(case, level, paths))
    if case.planning is not None and case.planning.views:
        from vertaug.report.film_pictures import draw_films
        from vertaug.report.radiographs import take_films

        films = take_films(case.spine, level, case.planning.views, paths, case.patient)
        pictures += draw_films(films, case.spine, level)
    return (*pictures, *_of_simulations(case))


def _of_simulations(case: ReportInput) -> tuple[Picture, ...]:
    """Draw the pictures of procedures and strength, as far as computed."""
    glass, after = _glasses(case), spine_after_balloons(case)
    return (
        *filling_pictures(case, glass),
        *kyphoplasty_pictures(case, glass, after),
        *comparison_pictures(case, after),
        *strength_pictures(case),
    )


def _glasses(case: ReportInput) -> Glasses:
    """Return the levels of the procedures as glass, once for all their pictures."""
    found = [one for one in (case.vertebroplasty, case.kyphoplasty) if one is not None]
    if not found:
        return {}
    from vertaug.report.enclosed_series import glass_vertebra

    levels = dict.fromkeys(one.level for one in found)
    return {level: glass_vertebra(case.spine[level]) for level in levels}


def _key_picture(case: ReportInput, level: str, paths: tuple[NeedlePath, ...]) -> Picture:
    """Draw the picture of the first page: sagittal with landmarks, axial with the needles."""
    from vertaug.report import canvas, figure_needle, figure_vertebra

    height = 90.0
    vertebra = case.spine[level]
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    figure_vertebra.add_sagittal_panel(
        figure,
        panel_rect(0.0, 0.44, height),
        case.spine,
        vertebra,
        case.assessment.levels.get(level),
    )
    figure_needle.add_axial_panel(
        figure, panel_rect(0.45, 0.55, height), case.spine, vertebra, paths
    )
    caption = (
        "Left: six points and three heights (mm); dashed: endplate lines of the wedge angle; "
        "dotted: height that decided the grade. "
        f"Right: {OUTLINE_WORDS}"
    )
    return Picture(
        name="key",
        caption=caption,
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )


def _spine_picture(case: ReportInput, name: str) -> Picture:
    """Draw the whole spine with its levels and grades, beside it a coronal section."""
    from vertaug.report import canvas, figure_vertebra

    height, level = 92.0, case.level
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    alone = level is None or level not in case.spine.vertebrae
    rect = panel_rect(0.0, 1.0 if alone else 0.55, height)
    figure_vertebra.add_overview_panel(figure, rect, case.spine, case.assessment)
    caption = (
        "Sagittal section that follows the body centres from side to side. Grades: "
        "quantitative, Genant-style."
    )
    if level is not None and not alone:
        figure_vertebra.add_coronal_panel(
            figure, panel_rect(0.56, 0.44, height), case.spine, case.spine[level]
        )
        caption += f" Right: {level}, coronal section through the body's centre, from the front."
    return Picture(
        name=name,
        caption=caption,
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )


def _solid_picture(case: ReportInput, level: str, paths: tuple[NeedlePath, ...]) -> Picture:
    """Draw the vertebra in three dimensions."""
    from vertaug.report import canvas, figure_solid

    height = 60.0
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    rects = tuple(panel_rect(0.335 * k, 0.33, height) for k in range(3))
    figure_solid.add_solid_panels(figure, rects, case.spine[level], paths)
    needle = " with the needles to scale, the bone drawn as glass over them" if paths else ""
    return Picture(
        name="solid",
        caption=f"{level}{needle}. Arrows: L left, P back, H head of the vertebra.",
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )
