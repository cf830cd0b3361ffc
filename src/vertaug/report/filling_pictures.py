"""The pictures of a vertebroplasty: the one place where the report asks for them."""

from vertaug.report.inputs import ReportInput
from vertaug.report.picture import Picture


def filling_pictures(case: ReportInput) -> tuple[Picture, ...]:
    """Return radiographs, solids, sections, curves, heat and spread, as far as computed."""
    if case.vertebroplasty is None:
        return ()
    from vertaug.report.figure_filling import draw_filling_sections, shown_frames
    from vertaug.report.figure_filling_curves import draw_filling_curves, draw_filling_heat
    from vertaug.report.figure_filling_films import draw_filling_radiographs
    from vertaug.report.figure_filling_solid import draw_filling_solid
    from vertaug.report.figure_filling_spread import draw_filling_spread

    result, films = case.vertebroplasty.result, case.filling_films
    filling = result.filling
    found: list[Picture | None] = []
    shown = shown_frames(filling)
    if films is not None:
        found.append(draw_filling_radiographs(films, filling, case.spine, shown))
    vertebra, gauge = case.spine[filling.level], case.vertebroplasty.setup.gauge
    found.append(draw_filling_solid(filling, vertebra, shown, gauge))
    found.append(draw_filling_sections(filling, case.spine))
    found.append(draw_filling_curves(filling))
    if result.heat is not None:
        found.append(draw_filling_heat(result.heat, filling.level))
    if result.spread is not None:
        found.append(draw_filling_spread(result.spread, filling.level, filling.injected_mm3))
    return tuple(picture for picture in found if picture is not None)
