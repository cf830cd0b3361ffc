"""Instruments as forms of REDCap: their items out, answers in."""

from collections.abc import Iterator, Sequence
from functools import cache

from vertaug.case.errors import InputError
from vertaug.recovery.prom.answer import NOT_APPLICABLE
from vertaug.recovery.prom.instrument import Instrument, Item, list_instruments
from vertaug.recovery.registry.definition import define_table
from vertaug.recovery.registry.entry import Entry, Fault, Place, show
from vertaug.recovery.registry.prom_entry import VisitPlace, enter_answers, read_answer

_PREFIX = "answers_"
_VISIT = ("procedure_no", "kind")


def describe_instruments(heading: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines of the data dictionary for the items of all instruments.

    Where the licence forbids to ship the words there is the name of the item.

    Parameters
    ----------
    heading : sequence of str
        Columns of the dictionary.
    """
    for instrument in list_instruments():
        form = f"{_PREFIX}{instrument.id}"
        kinds = " | ".join(f"{c}, {c}" for c in define_table("visit").field("kind").choices)
        number = (f"{instrument.id}_procedure_no", "text", "number of the procedure", "", "integer")
        kind = (f"{instrument.id}_kind", "dropdown", "visit", kinds, "")
        for name, type_, label, choices, check in (number, kind):
            cells = {0: name, 1: form, 3: type_, 4: label, 5: choices, 7: check, 12: "y"}
            if check:
                cells |= {8: "1", 9: "99"}
            yield _line(heading, cells)
        for place, item in enumerate(instrument.items):
            yield _line(heading, _describe_item(form, instrument, item, first=place == 0))


def _line(heading: Sequence[str], cells: dict[int, str]) -> list[str]:
    return [cells.get(n, "") for n in range(len(heading))]


def _describe_item(form: str, instrument: Instrument, item: Item, *, first: bool) -> dict[int, str]:
    label = item.text or f"{instrument.name}, item {item.id} (its words need a licence)"
    cells = {0: f"{instrument.id}_{item.id}", 1: form, 4: " ".join(label.split())}
    if first:
        cells |= {2: " ".join(instrument.instructions.split()), 6: instrument.attribution}
    words = item.options or (("no", "yes") if (item.low, item.high) == (0, 1) else ())
    if item.whole and words:
        first_code = round(item.low)
        pairs = [f"{n}, {text.replace('|', '/')}" for n, text in enumerate(words, first_code)]
        if item.not_applicable:
            pairs.append(f"{NOT_APPLICABLE}, does not apply")
        return cells | {3: "dropdown", 5: " | ".join(pairs)}
    if item.not_applicable:  # REDCap would refuse the word for it in a field of numbers
        return cells | {3: "text", 6: f"{item.low:g} to {item.high:g}, or {NOT_APPLICABLE}"}
    check = "integer" if item.whole else "number"
    return cells | {3: "text", 7: check, 8: f"{item.low:g}", 9: f"{item.high:g}"}


@cache
def _forms() -> dict[str, Instrument]:
    return {f"{_PREFIX}{one.id}": one for one in list_instruments()}


def instrument_columns(form: str) -> tuple[str, ...]:
    """Return what the form of an instrument holds; nothing where there is no such form."""
    instrument = _forms().get(form)
    return () if instrument is None else (*_VISIT, *(item.id for item in instrument.items))


def instrument_names() -> dict[str, str]:
    """Return the variables of all instruments by ``form.column``."""
    return {
        f"{instrument.id}_{column}": f"{form}.{column}"
        for form, instrument in _forms().items()
        for column in instrument_columns(form)
    }


def enter_form(form: str, values: dict[str, str], place: Place) -> list[Entry | Fault]:
    """Return the rows of a filled form: the answers and their scores, or what is wrong.

    Parameters
    ----------
    form : str
        Such as ``answers_rmdq24``.
    values : dict
        Text by column, with the pseudonym.
    place : Place
    """
    instrument = _forms()[form]
    try:
        visit = VisitPlace(
            pseudonym=values["pseudonym"],
            procedure_no=_whole(values.get("procedure_no", "")),
            kind=values.get("kind", ""),
        )
        answers = {item.id: read_answer(values.get(item.id, "")) for item in instrument.items}
        rows = enter_answers(visit, instrument.id, answers)
    except InputError as error:
        return [Fault(place=place, column=form, found="an answer", expected=str(error))]
    return [Entry(table=row.table, values=row.values, place=place) for row in rows]


def _whole(text: str) -> int:
    if not text.isdigit():
        message = f"the number of the procedure; got {show(text)}"
        raise InputError(message)
    return int(text)
