"""How the endplates take their load from the discs, before and after cement, in a table."""

from collections.abc import Callable

from vertaug.case.strength import DiscLoad, EndplateLoad, StrengthAssessment
from vertaug.report import words
from vertaug.report.content import Cell, Table, cells

DISC_TEXT = (
    "Load transfer: the caps are replaced by half a disc each, one soft solid of 8 MPa (Yang, "
    "Nawathe, Fields, Keaveny, J Biomech 2012, PMC3415303) with Poisson's ratio 0.45, whose outer "
    "faces stay flat; linear, scaled to 1 kN. The flat face is the middle of the disc, and what "
    "the neighbour's endplate takes if the neighbour is the mirror image."
)
_LIMITS = (
    "At 1 kN in both states. Middle and rim: inner and outer third of the area. Bulge: how much "
    "farther the middle of the endplate moves into the body than its rim; negative where the rim "
    "moves farther. Fracture risk of the neighbour is not computed: its own bone, a nucleus under "
    "pressure and posture are not in the model. Published models disagree on the disc's pressure "
    "after cement: 19 % higher (Baroud 2003), 2.4 % (Rohlmann 2006, where the kyphosis that "
    "remains matters far more)."
)


def disc_table(found: StrengthAssessment) -> Table | None:
    """Return the table of load transfer, None where it is not known before and after."""
    after = None if found.after is None else found.after.disc_load
    before = found.before.disc_load
    if before is None or after is None:
        return None
    rows = [_row("stiffness with half of each disc (N/mm)", before, after, _stiffness, "{:.0f}")]
    for number, plate in enumerate(before.plates):
        for title, name in (
            ("pressure on the middle", "central_mpa"),
            ("pressure on the rim", "rim_mpa"),
            ("peak pressure, 95th percentile", "peak_mpa"),
        ):
            value = _of_plate(number, name)
            rows.append(_row(f"{plate.name}: {title} (MPa)", before, after, value, "{:.3f}"))
        bulge = [1000.0 * load.plates[number].bulge_mm for load in (before, after)]
        rows.append(
            cells(
                f"{plate.name}: bulge of the endplate into the body (µm)",
                *(f"{value:.0f}" for value in bulge),
                f"{bulge[1] - bulge[0]:+.0f} µm",
            )
        )
        rows.append(
            cells(
                f"{plate.name}: centre of pressure moves",
                "",
                "",
                _shift(plate, after.plates[number]),
            )
        )
    return Table(
        title=f"Load on the endplates of {found.level} and on the adjacent discs",
        columns=("", "as it is", f"with {found.cement_ml:g} ml cement", "change"),
        rows=tuple(rows),
        note=_LIMITS,
    )


def _row(
    title: str,
    before: DiscLoad,
    after: DiscLoad,
    value: Callable[[DiscLoad], float],
    form: str,
) -> tuple[Cell, ...]:
    one, other = value(before), value(after)
    change = words.MISSING if one == 0.0 else f"{100.0 * (other / one - 1.0):+.1f} %"
    return cells(title, form.format(one), form.format(other), change)


def _stiffness(load: DiscLoad) -> float:
    return load.stiffness_n_per_mm


def _of_plate(number: int, name: str) -> Callable[[DiscLoad], float]:
    def value(load: DiscLoad) -> float:
        return float(getattr(load.plates[number], name))

    return value


def _shift(before: EndplateLoad, after: EndplateLoad) -> str:
    """Return how far the centre of pressure moves, in words."""
    left = after.centre_left_mm - before.centre_left_mm
    back = after.centre_posterior_mm - before.centre_posterior_mm
    across = "left" if left >= 0.0 else "right"
    along = "posterior" if back >= 0.0 else "anterior"
    return f"{abs(left):.1f} mm {across}, {abs(back):.1f} mm {along}"
