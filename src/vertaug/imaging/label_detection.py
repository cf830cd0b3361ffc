"""Which numbering a label map without names follows.

A numbering is possible if it knows every number and its vertebrae, by name, follow each other
from head to foot as their centres do. If one vertebra assignment is left, it is taken; if not,
the user is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

from vertaug.case.errors import LabelError, OrientationError
from vertaug.case.level import find_misordered
from vertaug.imaging.numbering import NUMBERINGS, Numbering, levels_in_order

_CLASH = 28
_REGIONS_HINT = (
    "If the map holds one vertebra, name it and the values that are its bone: "
    "--numbering level:L2=1,2,3,4"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSummary:
    """What is known of each value of a label map.

    Attributes
    ----------
    heights_mm : mapping of int to float
        Superior coordinate of the centre of each value's voxels.
    volumes_mm3 : mapping of int to float
        Volume of each value.
    """

    heights_mm: Mapping[int, float]
    volumes_mm3: Mapping[int, float]

    @property
    def values(self) -> tuple[int, ...]:
        """All values but 0, rising."""
        return tuple(sorted(self.heights_mm))


def detect_numbering(summary: LabelSummary, name: str) -> tuple[Numbering, tuple[str, ...]]:
    """Return the numbering of a map from its numbers and the order of their centres.

    Raises
    ------
    LabelError
        If the map holds 28, unknown numbers, or fits several numberings or none.
    OrientationError
        If the only numbering that knows the numbers finds them upside down.
    """
    values = summary.values
    if _CLASH in values:
        raise LabelError(_explain_clash(values, name))
    knowing = [n for n in NUMBERINGS.values() if _knows(n, values)]
    if not knowing:
        raise LabelError(_explain_unknown(values, name))
    upright = [n for n in knowing if _order(n.levels, summary) >= 0]
    if not upright:
        check_order(knowing[0].levels, summary, name)
    whole = [n for n in upright if all(v in n.levels for v in values)]
    candidates = _distinct(whole or _best_explaining(upright, values), values)
    turned = [n for n in knowing if _fits_turned(n, summary, whole=bool(whole))]
    if turned:
        others = _distinct([*candidates, *turned], values)
        raise LabelError(_explain_ambiguous(others, summary, name))
    if len(candidates) > 1:
        return _decide_by_file_name(candidates, summary, name)
    chosen = candidates[0]
    note = (
        f"Numbering '{chosen.name}' ({chosen.producer}) was found from the numbers and their "
        "order from head to foot."
    )
    return chosen, (note,)


def check_order(levels: Mapping[int, str], summary: LabelSummary, name: str) -> None:
    """Check that named vertebrae lie in the order of their names, head up.

    Raises
    ------
    OrientationError
        If all lie the other way round: the header's head and foot are exchanged.
    LabelError
        If the order is mixed.
    """
    heights = {n: summary.heights_mm[v] for v, n in levels.items() if v in summary.heights_mm}
    wrong = find_misordered(heights)
    if not wrong:
        return
    if len(wrong) == len(heights) - 1:
        message = (
            f"{name}: by the header every vertebra lies the wrong way round ({wrong[0]}). Either "
            "head and foot are exchanged in the header, or the labels follow another numbering; "
            "correct the header, or declare the numbering"
        )
        raise OrientationError(message)
    message = (
        f"{name}: the vertebrae are not in order from head to foot ({', '.join(wrong[:3])}); the "
        "labels are mixed up or follow another numbering. Correct them, or declare it with "
        f"--numbering ({', '.join(NUMBERINGS)}). {_REGIONS_HINT}"
    )
    raise LabelError(message)


def explain_values(values: tuple[int, ...], numbering: Numbering, name: str) -> str:
    """Say which numbers a declared numbering does not know, and which numberings do."""
    unknown = [v for v in values if v not in numbering.levels and v not in numbering.others]
    fitting = [n.name for n in NUMBERINGS.values() if _knows(n, values)]
    hint = f"; all are known in: {', '.join(fitting)}" if fitting else _closest(values)
    return (
        f"{name}: numbering '{numbering.name}' does not know {_list(unknown)}{hint}. Declare the "
        "numbering that the labels were made with"
    )


def _knows(numbering: Numbering, values: tuple[int, ...]) -> bool:
    vertebrae = [v for v in values if v in numbering.levels]
    return bool(vertebrae) and all(v in numbering.levels or v in numbering.others for v in values)


def _best_explaining(numberings: list[Numbering], values: tuple[int, ...]) -> list[Numbering]:
    """Leave out readings that see less than half as many vertebrae as another one."""
    counts = [sum(v in n.levels for v in values) for n in numberings]
    return [n for n, c in zip(numberings, counts, strict=True) if 2 * c >= max(counts)]


def _order(levels: Mapping[int, str], summary: LabelSummary) -> int:
    """1 if all named vertebrae lie head up, -1 if any does not, 0 if one cannot tell."""
    ordered = [v for v, _ in levels_in_order(levels) if v in summary.heights_mm]
    if len(ordered) < 2:
        return 0
    heights = [summary.heights_mm[v] for v in ordered]
    return 1 if all(a > b for a, b in pairwise(heights)) else -1


def _distinct(numberings: list[Numbering], values: tuple[int, ...]) -> list[Numbering]:
    unique: dict[tuple[str, ...], Numbering] = {}
    for numbering in numberings:
        unique.setdefault(tuple(numbering.describe_value(v) for v in values), numbering)
    return list(unique.values())


def _growth_downward(summary: LabelSummary) -> int:
    """1 if structures grow from head to foot, as vertebrae do; -1 if they shrink; 0 if unclear.

    Of all pairs, most must do so: a fracture, or the outline of a label, can turn some of them.
    """
    order = sorted(summary.values, key=lambda v: -summary.heights_mm[v])
    volumes = [summary.volumes_mm3[v] for v in order][1:-1]  # the outer ones may be cut
    if len(volumes) < 3:
        return 0
    balance = sum(1 if b > a else -1 for a, b in combinations(volumes, 2))
    return (balance > 0) - (balance < 0)


def _fits_turned(numbering: Numbering, summary: LabelSummary, *, whole: bool) -> bool:
    """Whether this would be a run of vertebrae if head and foot were exchanged.

    Volumes that shrink to the foot speak for it, with levels missing too. A run without a gap
    does so where no upright reading takes all values (not ``whole``).
    """
    values = summary.values
    if not all(v in numbering.levels for v in values) or _order(numbering.levels, summary) >= 0:
        return False
    unbroken = values == tuple(range(values[0], values[-1] + 1))
    return _growth_downward(summary) < 0 or (unbroken and not whole)


def _decide_by_file_name(
    candidates: list[Numbering], summary: LabelSummary, name: str
) -> tuple[Numbering, tuple[str, ...]]:
    verse = [n for n in candidates if n.name == "verse"]
    if verse and "seg-vert" in name.lower():
        note = "The numbers alone fit several numberings; 'seg-vert' in the name says VerSe."
        return verse[0], (note,)
    raise LabelError(_explain_ambiguous(candidates, summary, name))


def _explain_clash(values: tuple[int, ...], name: str) -> str:
    meanings = {
        n.name: n.describe_value(_CLASH) for n in NUMBERINGS.values() if n.name != "vertebrae_pp"
    }
    meanings["spine_segment"] = "sacrum"
    fitting = [n.name for n in NUMBERINGS.values() if _knows(n, values)]
    shown = ", ".join(f"{meaning} in {key}" for key, meaning in meanings.items())
    return (
        f"{name}: the labels hold the number {_CLASH}, which means {shown}, and nothing in the "
        f"file says which. Declare it with --numbering (possible here: {', '.join(fitting)})"
    )


def _explain_unknown(values: tuple[int, ...], name: str) -> str:
    return (
        f"{name}: no known numbering has vertebrae for the numbers {_list(values)}"
        f"{_closest(values)}. Use the vertebra mask, declare it with --numbering, or give a JSON "
        f"table of names beside the file. {_REGIONS_HINT}"
    )


def _closest(values: tuple[int, ...]) -> str:
    ranked = []
    for numbering in NUMBERINGS.values():
        unknown = [v for v in values if v not in numbering.levels and v not in numbering.others]
        count = sum(v in numbering.levels for v in values)
        ranked.append((len(unknown), -count, numbering.name, unknown))
    ranked.sort(key=lambda item: item[:2])
    lines = [
        f"{name} ({-count} vertebrae, unknown: {_list(unknown)})"
        for _, count, name, unknown in ranked[:2]
    ]
    return f"; closest: {', '.join(lines)}"


def _explain_ambiguous(candidates: list[Numbering], summary: LabelSummary, name: str) -> str:
    lines = []
    for numbering in candidates:
        pairs = [f"{v}={numbering.describe_value(v)}" for v in summary.values[:6]]
        flag = ", head and foot exchanged" if _order(numbering.levels, summary) < 0 else ""
        lines.append(f"{numbering.name} ({', '.join(pairs)}{flag})")
    return (
        f"{name}: the numbers {_list(summary.values)} can be read in several ways: "
        f"{'; '.join(lines)}. Declare one of them, as --numbering {candidates[0].name}. "
        f"{_REGIONS_HINT}"
    )


def _list(values: tuple[int, ...] | list[int]) -> str:
    shown = ", ".join(str(v) for v in list(values)[:12])
    return shown + (" ..." if len(values) > 12 else "") if values else "none"
