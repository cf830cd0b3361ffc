"""The pictures of a vertebroplasty: the one place where the report asks for them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.case.spine import Spine
from vertaug.report.cavity import Cavity
from vertaug.report.filling_films import FillingFilms
from vertaug.report.inputs import ReportInput
from vertaug.report.picture import Picture

if TYPE_CHECKING:
    from vertaug.report.enclosed_series import GlassVertebra

Glasses = Mapping[str, "GlassVertebra"]
"""The vertebrae that are drawn as glass, by level."""


def filling_pictures(case: ReportInput, glass: Glasses) -> tuple[Picture, ...]:
    """Return the pictures of a vertebroplasty, as far as computed.

    Parameters
    ----------
    case : ReportInput
    glass : mapping of str to GlassVertebra
        By level.
    """
    if case.vertebroplasty is None:
        return ()
    return injection_pictures(case.vertebroplasty, case.filling_films, case.spine, glass)


def injection_pictures(
    found: SimulatedVertebroplasty,
    films: FillingFilms | None,
    spine: Spine,
    glass: Glasses,
    cavity: Cavity | None = None,
) -> tuple[Picture, ...]:
    """Return radiographs, solids, sections, curves, heat and spread, as far as computed.

    Parameters
    ----------
    found : SimulatedVertebroplasty
    films : FillingFilms or None
    spine : Spine
    glass : mapping of str to GlassVertebra
        By level.
    cavity : Cavity, optional
        Into which the cement went.
    """
    from vertaug.report.figure_filling import draw_filling_sections, shown_frames
    from vertaug.report.figure_filling_curves import draw_filling_curves, draw_filling_heat
    from vertaug.report.figure_filling_films import draw_filling_radiographs
    from vertaug.report.figure_filling_solid import draw_filling_solid
    from vertaug.report.figure_filling_spread import draw_filling_spread

    result = found.result
    filling = result.filling
    pictures: list[Picture | None] = []
    shown = shown_frames(filling)
    if films is not None:
        pictures.append(draw_filling_radiographs(films, filling, spine, shown))
    gauge = found.setup.gauge
    pictures.append(draw_filling_solid(filling, glass[filling.level], shown, gauge))
    pictures.append(draw_filling_sections(filling, spine, cavity))
    pictures.append(draw_filling_curves(filling))
    if result.heat is not None:
        pictures.append(draw_filling_heat(result.heat, filling.level))
    if result.spread is not None:
        pictures.append(draw_filling_spread(result.spread, filling.level, filling.injected_mm3))
    return tuple(picture for picture in pictures if picture is not None)
