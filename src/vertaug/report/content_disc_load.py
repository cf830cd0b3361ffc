"""How the endplates take their load from the discs, before and after cement, in a table."""

from collections.abc import Callable

from vertaug.case.strength import DiscLoad, StrengthAssessment
from vertaug.case.strength_words import cement_words
from vertaug.report import words
from vertaug.report.content import Cell, Table, cells

DISC_TEXT = (
    "Load transfer: the caps are replaced by half a disc each, one soft solid of 8 MPa (Yang, "
    "Nawathe, Fields, Keaveny, J Biomech 2012, PMC3415303) with Poisson's ratio 0.45, whose outer "
    "faces stay flat; linear, scaled to 1 kN. The flat face is the middle of the disc, and what "
    "the neighbour's endplate takes if the neighbour is the mirror image."
)
_LEAD = "Changes below a few per cent cannot be told from zero."
_LIMITS = (
    "At 1 kN in both states; superior · inferior disc. Middle: inner third of the area; peak: 95th "
    "percentile. No nucleus under pressure, no posture, not the neighbour's own bone: its risk of "
    "fracture is not computed. Two published answers disagree: 19 % more pressure in the disc "
    "(Baroud 2003), 2.4 % (Rohlmann 2006, where the kyphosis that remains matters far more). Rim, "
    "bulge of the endplates and centre of pressure: case.json."
)


def disc_table(found: StrengthAssessment) -> Table | None:
    """Return the table of load transfer, None where it is not known before and after."""
    after = None if found.after is None else found.after.disc_load
    before = found.before.disc_load
    if before is None or after is None:
        return None
    rows = (
        _row("stiffness with half of each disc (kN/mm)", before, after, _stiffness),
        _row("pressure on the middle (MPa)", before, after, _pressures("central_mpa")),
        _row("peak pressure (MPa)", before, after, _pressures("peak_mpa")),
    )
    return Table(
        title=f"Load on the endplates of {found.level} and on the adjacent discs",
        columns=("", "as it is", cement_words(found), "change"),
        rows=rows,
        lead=_LEAD,
        note=_LIMITS,
    )


def middle_words(found: StrengthAssessment) -> str:
    """Return the pressure on the middle of both discs with cement and its change; empty if unknown.

    Parameters
    ----------
    found : StrengthAssessment
    """
    before = found.before.disc_load
    after = None if found.after is None else found.after.disc_load
    if before is None or after is None:
        return ""
    values = _pressures("central_mpa")
    one, other = values(before), values(after)
    changes = " · ".join(_change(a, b) for a, b in zip(one, other, strict=True))
    return f"{' · '.join(f'{value:.2f}' for value in other)} ({changes})"


def _row(
    title: str,
    before: DiscLoad,
    after: DiscLoad,
    values: Callable[[DiscLoad], tuple[float, ...]],
) -> tuple[Cell, ...]:
    one, other = values(before), values(after)
    changes = [_change(a, b) for a, b in zip(one, other, strict=True)]
    shown = [" · ".join(f"{value:.2f}" for value in found) for found in (one, other)]
    return cells(title, *shown, " · ".join(changes))


def _change(before: float, after: float) -> str:
    """Return a change in whole per cent."""
    if before == 0.0:
        return words.MISSING
    change = round(100.0 * (after / before - 1.0))
    return f"{'+' if change > 0 else ''}{words.percent(change)}"


def _stiffness(load: DiscLoad) -> tuple[float, ...]:
    return (load.stiffness_n_per_mm / 1000.0,)


def _pressures(name: str) -> Callable[[DiscLoad], tuple[float, ...]]:
    def values(load: DiscLoad) -> tuple[float, ...]:
        return tuple(float(getattr(plate, name)) for plate in load.plates)

    return values
