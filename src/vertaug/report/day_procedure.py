"""Pages of the day's sheet from the needle to discharge."""

from vertaug.case.plan import Procedure
from vertaug.procedure_day.cement_clock import HandlingTime, minutes
from vertaug.procedure_day.checklist import Finding, Phase
from vertaug.procedure_day.day_sheet import CementOfDay, DaySheet, StopsOfDay
from vertaug.procedure_day.evidence import Line
from vertaug.procedure_day.guide import Topic
from vertaug.procedure_day.state import State
from vertaug.procedure_day.stop_rule import StopRule
from vertaug.report.day_page import DayBlock, DayLine, DayPage, DayTick

_LOGGED = (
    State.CHECKED_IN,
    State.TIME_OUT,
    State.POSITIONED,
    State.ANAESTHETISED,
    State.ACCESS_RIGHT,
    State.ACCESS_LEFT,
    State.BIOPSY,
    State.BALLOON_IN,
    State.DEFLATE,
    State.CEMENT_MIX,
    State.INJECT,
    State.STOP,
    State.NEEDLE_OUT,
    State.RECOVERY,
    State.DISCHARGE,
)
_WORDS = {State.ACCESS_LEFT: "access LEFT", State.ACCESS_RIGHT: "access RIGHT"}


def procedure_page(sheet: DaySheet) -> DayPage:
    """Return the page that lies beside the screen: access, balloon, cement, stop."""
    stops, balloon = sheet.stops, sheet.plan.procedure is Procedure.KYPHOPLASTY
    left = [_access_block(sheet)]
    if balloon:
        left += [_balloon_block(stops)]
    left += [_how_block(stops)]
    return DayPage(
        title="Access, cement, stop",
        left=tuple(left),
        right=(
            clock_block(sheet),
            DayBlock(
                title="STOP the cement at any of these",
                lines=(*_leak_lines(sheet), *(_stop(rule) for rule in stops.cement)),
                alarm=True,
            ),
            _after_block(stops),
        ),
        bottom=(_volume_log(sheet),),
    )


def _marked(line: Line) -> DayLine:
    return DayLine(text=line.text, mark=line.evidence.mark)


def _stop(rule: StopRule) -> DayLine:
    return DayLine(text=f"{rule.sign} → {rule.then}", mark=rule.evidence.mark)


def _leak_lines(sheet: DaySheet) -> list[DayLine]:
    """Return what in this patient makes a leak likelier or worse."""
    said = [one.words for one in sheet.risk.known if one.leak]
    return (
        [DayLine(text=f"LEAKS LIKELIER, OR WORSE, IN THIS PATIENT: {'; '.join(said)}", strong=True)]
        if said
        else []
    )


def _access_block(sheet: DaySheet) -> DayBlock:
    ticks = []
    for rule in sheet.access:
        said = [
            f"{value.side} {value.words}"
            + (" NOT KEPT" if value.finding is Finding.NOT_MET else "")
            for value in rule.planned
        ]
        known = f"plan: {'; '.join(said)}" if said else ""
        ticks.append(DayTick(text=rule.text, known=known, mark=rule.evidence.mark))
    return DayBlock(title="Correctly positioned", lines=_usual(sheet), ticks=tuple(ticks))


def _usual(sheet: DaySheet) -> tuple[DayLine, ...]:
    """Return what is usual at the level, and the pedicles of this patient."""
    usual = sheet.usual
    lines = [
        DayLine(text=f"Usual at {usual.level}: {usual.route}; {usual.needle}", mark=""),
        DayLine(
            text=f"Usual cement {usual.volume_ml[0]:g} to {usual.volume_ml[1]:g} ml",
            mark=usual.volume_evidence.mark,
        ),
    ]
    if sheet.plan.pedicle_width_mm:
        widths = ", ".join(f"{side} {w:.1f} mm" for side, w in sheet.plan.pedicle_width_mm)
        lines.append(DayLine(text=f"Pedicle width measured: {widths}"))
    if usual.pedicle_width_mm is not None:
        text = (
            f"Pedicle width, mean of {usual.pedicle_evidence.source}: {usual.pedicle_width_mm:g} mm"
        )
        lines.append(DayLine(text=text, mark=usual.pedicle_evidence.mark))
    return tuple(lines)


def _balloon_block(stops: StopsOfDay) -> DayBlock:
    limits = "; ".join(
        f"{one.title}: {one.most_ml:g} ml, {one.most_psi:g} psi" for one in stops.balloon_limits
    )
    mark = next((one.evidence.mark for one in stops.balloon_limits), "")
    lines = (
        DayLine(text=f"Maximum by the product file: {limits}", mark=mark, strong=True),
        *(_stop(rule) for rule in stops.balloon),
    )
    return DayBlock(title="STOP the balloon at any of these", lines=lines, alarm=True)


def _how_block(stops: StopsOfDay) -> DayBlock:
    return DayBlock(title="In steps", lines=tuple(_marked(line) for line in stops.how))


def _after_block(stops: StopsOfDay) -> DayBlock:
    ticks = tuple(DayTick(text=line.text, mark=line.evidence.mark) for line in stops.after)
    return DayBlock(title="After a stop, and at the end", ticks=ticks)


def clock_block(sheet: DaySheet) -> DayBlock:
    """Return the clock of the cement: rules, window, and boxes for the times."""
    cement = sheet.cement
    lines = [DayLine(text=_BY_EYE, strong=True)] if cement.windows else []
    lines += [_marked(line) for line in cement.rules]
    lines += [_marked(line) for line in cement.facts if line.name == "dough"]
    low, high = cement.session_most_ml
    text = f"At most {low:g} to {high:g} ml and 3 levels in one session"
    lines.append(DayLine(text=text, mark=sheet.usual.volume_evidence.mark))
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    if cement.windows:
        title = f"Cement clock: {cement.product}"
        columns = ("room", "table from", "ALARM", "table to (min:s from mixing)")
        rows = tuple(
            (f"{w.temperature_c:g} °C", minutes(w.start_s), minutes(w.alarm_s), minutes(w.end_s))
            for w in cement.windows
        )
        lines += [_literature(handling) for handling in cement.handling if handling.room]
        mark = cement.windows[0].evidence.mark
        note = (
            f"Product table of vertaug, {mark}, no permission: the leaflet of the product goes "
            "first. Leaflet: ____ to ____ min at ____ °C."
        )
    else:
        title, columns, rows = "Cement clock", *_handling(cement)
        note = (
            "One PMMA of the literature, minutes (SD): not your product. Window of the leaflet: "
            "____ to ____ min at ____ °C."
        )
    return DayBlock(title=title, lines=tuple(lines), columns=columns, rows=rows, note=note)


_BY_EYE = (
    "DOUGH IS JUDGED BY EYE, not by the clock. The window below is that of a product table: the "
    "cement can still be liquid when it opens"
)


def _literature(time: HandlingTime) -> DayLine:
    """Return the measured times of a cement of the literature, to hold a window against."""
    (liquid, liquid_sd), (paste, paste_sd), (total, total_sd) = (
        time.liquid_min,
        time.paste_min,
        time.total_min,
    )
    text = (
        f"Literature, one PMMA {time.title}: LIQUID until {liquid:g} min (SD {liquid_sd:g}), paste "
        f"for {paste:g} min (SD {paste_sd:g}), in all {total:g} min (SD {total_sd:g})"
    )
    return DayLine(text=text, mark=time.evidence.mark, strong=True)


def _handling(cement: CementOfDay) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    columns = ("", "liquid", "paste", "in all")
    rows = tuple(
        (h.title, *(f"{v:g} ({s:g})" for v, s in (h.liquid_min, h.paste_min, h.total_min)))
        for h in cement.handling
    )
    return columns, rows


def _volume_log(sheet: DaySheet) -> DayBlock:
    balloon = sheet.plan.procedure is Procedure.KYPHOPLASTY
    first = ("side", "balloon ml / psi") if balloon else ("side",)
    columns = (*first, "batch, mixed at", "dough seen at", "start", "end", "ml", "leak")
    sides = [needle.side.upper() for needle in sheet.plan.needles] or ["RIGHT", "LEFT"]
    return DayBlock(
        title="Cement as it went in",
        columns=columns,
        rows=tuple((side, *("" for _ in columns[1:])) for side in sides),
        blank_rows=True,
    )


def after_page(sheet: DaySheet) -> DayPage:
    """Return the page for sign-out, observation and discharge."""
    guide, recovery = dict(sheet.guide), sheet.recovery
    sign_out = tuple(
        DayTick(text=known.item.text)
        for known in sheet.checklist
        if known.item.phase is Phase.SIGN_OUT
    )
    times = ("end", *(f"{one.after_min} min" for one in recovery.observations))
    signs = ("time", "pulse, pressure", "SpO2", "leg neurology", "pain 0-10", "site")
    criteria = tuple(DayTick(text=line.text) for line in recovery.criteria)
    note = f"{recovery.stay.text}. A box that is empty is unknown, not met."
    return DayPage(
        title="Sign-out, observation, discharge",
        top=(
            DayBlock(
                title="Observation after the end at ____ : ____",
                columns=("", *times, "discharge"),
                rows=tuple((sign, *("" for _ in times), "") for sign in signs),
                blank_rows=True,
            ),
        ),
        left=(
            DayBlock(title="Sign-out", ticks=sign_out),
            DayBlock(title="Recovery room", lines=tuple(_marked(line) for line in recovery.orders)),
            DayBlock(
                title="Radiation", lines=tuple(_marked(line) for line in guide[Topic.RADIATION])
            ),
        ),
        right=(
            DayBlock(title="Discharge criteria (design default)", ticks=criteria, note=note),
            _log_block(sheet),
        ),
        bottom=(_rates_block(sheet),),
    )


def _log_block(sheet: DaySheet) -> DayBlock:
    states = [state for state in _LOGGED if state in sheet.states]
    names = [_WORDS.get(state, state.value.replace("_", " ")) for state in states]
    half = (len(names) + 1) // 2
    pairs = zip(names[:half], [*names[half:], ""], strict=False)
    return DayBlock(
        title="Course: time and role, never a name",
        columns=("", "time, role", "", "time, role"),
        rows=tuple((one, "", other, "") for one, other in pairs),
        blank_rows=True,
    )


def _rates_block(sheet: DaySheet) -> DayBlock:
    rows = tuple(
        (one.title, f"{one.rate}{f' ({mark})' if (mark := one.evidence.mark) else ''}", one.note)
        for one in sheet.complications
    )
    cause = sheet.risk.etiology or "cause of the fracture not known"
    return DayBlock(
        title=f"What to look for: rates of the literature, {sheet.plan.procedure}, {cause}",
        columns=("", "rate", ""),
        rows=rows,
    )
