"""What was answered, checked: an answer, nothing, or "does not apply to me"."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from numbers import Real
from typing import Final

from vertaug.case.errors import InputError
from vertaug.recovery.prom.instrument import Instrument, Item

NOT_APPLICABLE: Final = "na"
"""The answer "does not apply to me", or a test that the patient cannot do."""

Answer = int | float | str | Sequence[int] | None
"""A number; ``NOT_APPLICABLE``; several boxes of one question; None for no answer."""


class Absence(Enum):
    """Why there is no number."""

    BLANK = "blank"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAnswer:
    """An answer that is possible.

    Attributes
    ----------
    item : Item
    value : float or Absence
    boxes : int
        How many boxes were marked; of several the worst counts.
    """

    item: Item
    value: float | Absence
    boxes: int = 1


def check_answers(
    instrument: Instrument, answers: Mapping[str, Answer]
) -> Mapping[str, CheckedAnswer]:
    """Return the answer to every item; what is not named is blank.

    Raises
    ------
    InputError
        If an item is unknown or an answer is impossible.
    """
    for name in answers:
        instrument.find_item(name)
    return {item.id: _check(instrument, item, answers.get(item.id)) for item in instrument.items}


def _check(instrument: Instrument, item: Item, answer: Answer) -> CheckedAnswer:
    where = f"{instrument.name} ({instrument.id}), item {item.id}"
    if answer is None:
        return CheckedAnswer(item=item, value=Absence.BLANK)
    if isinstance(answer, str):
        if answer == NOT_APPLICABLE and item.not_applicable:
            return CheckedAnswer(item=item, value=Absence.NOT_APPLICABLE)
        message = f"{where}: {_expected(item)}; got {answer!r}"
        raise InputError(message)
    if isinstance(answer, Real):
        return CheckedAnswer(item=item, value=_number(where, item, answer))
    if not isinstance(answer, Sequence):
        message = f"{where}: {_expected(item)}; got {answer!r}"
        raise InputError(message)
    if instrument.method != "percent" or not answer:
        message = f"{where}: one answer is expected; got {len(answer)}. Ask which one holds, or "
        message += "leave it out"
        raise InputError(message)
    boxes = [_number(where, item, box) for box in answer]
    return CheckedAnswer(item=item, value=max(boxes), boxes=len(set(boxes)))


def _number(where: str, item: Item, answer: object) -> float:
    # Whole numbers of NumPy and of tables are numbers, too; words are not.
    number = float(answer) if isinstance(answer, Real) else math.nan
    possible = (
        (not isinstance(answer, bool) or (item.low, item.high) == (0, 1))
        and math.isfinite(number)
        and item.low <= number <= item.high
        and (not item.whole or number.is_integer())
    )
    if not possible:
        message = f"{where}: {_expected(item)}; got {answer!r}"
        raise InputError(message)
    return number


def _expected(item: Item) -> str:
    kind = "a whole number" if item.whole else "a number"
    or_none = f", {NOT_APPLICABLE!r} for not applicable" if item.not_applicable else ""
    return f"expected {kind} from {item.low:g} to {item.high:g}{or_none} or None for no answer"
