"""What "correctly positioned" means, what the plan says of it, what is usual at a level."""

from dataclasses import dataclass
from typing import Any

from vertaug.case.case_file import PathRecord, PlanRecord
from vertaug.case.errors import InputError
from vertaug.case.level import parse_augmentable
from vertaug.case.plan import Procedure
from vertaug.planning.rules import ROUNDING_MM
from vertaug.procedure_day.checklist import Finding
from vertaug.procedure_day.day_plan import right_first
from vertaug.procedure_day.evidence import Evidence, evidence_of, read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class SideValue:
    """What the plan says of a rule on one side.

    Attributes
    ----------
    side, words : str
    finding : Finding
        Of the plan, not of the needle in the patient.
    """

    side: str
    words: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRule:
    """One rule to check on the films.

    Attributes
    ----------
    name, text : str
    planned : tuple of SideValue
    evidence : Evidence
    """

    name: str
    text: str
    planned: tuple[SideValue, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualAccess:
    """What is usual at a level.

    Attributes
    ----------
    level, route, needle : str
    evidence : Evidence
    pedicle_width_mm : float or None
        Of the literature; None where it has none for the level.
    pedicle_evidence : Evidence
    volume_ml : tuple of float
        Usual cement, low and high.
    volume_evidence : Evidence
    """

    level: str
    route: str
    needle: str
    evidence: Evidence
    pedicle_width_mm: float | None
    pedicle_evidence: Evidence
    volume_ml: tuple[float, float]
    volume_evidence: Evidence


def list_access_rules(procedure: Procedure, plan: PlanRecord | None) -> tuple[AccessRule, ...]:
    """Return the rules of a procedure with what the plan says of each.

    Parameters
    ----------
    procedure : Procedure
    plan : PlanRecord or None
        Without one nothing stands beside them.
    """
    paths = [] if plan is None else right_first(plan.paths)
    return tuple(
        AccessRule(
            name=name,
            text=table["text"],
            planned=tuple(_value(name, table, path) for path in paths if _speaks(name, table)),
            evidence=evidence_of(table),
        )
        for name, table in read_table("access")["rule"].items()
        if table.get("only") in {None, procedure.value}
    )


def _speaks(name: str, table: dict[str, Any]) -> bool:
    return name == "target" or "margin" in table


def _value(name: str, table: dict[str, Any], path: PathRecord) -> SideValue:
    if name == "target":
        along, high, across = path.tip_thirds
        words = (
            f"tip at {100 * path.tip_depth_fraction:.0f} % of the depth; {along} third of the "
            f"depth, {high} of the height, {across} of the width"
        )
        return SideValue(side=path.side, words=words, finding=Finding.UNKNOWN)
    value = path.margins.get(table["margin"])
    if value is None:
        words = "no pedicle on this path" if name == "medial_wall" else "not measured"
        return SideValue(side=path.side, words=words, finding=Finding.UNKNOWN)
    kept = value >= table["least_mm"] - ROUNDING_MM
    return SideValue(
        side=path.side,
        words=f"{value:.1f} mm",
        finding=Finding.MET if kept else Finding.NOT_MET,
    )


def usual_access(level: str) -> UsualAccess:
    """Return route, needle, pedicle width and cement that are usual at a level.

    Raises
    ------
    InputError
        If there is no such level, or it is not augmented.
    """
    name, table = parse_augmentable(level), read_table("access")
    group = next((g for g in table["group"] if name in g["levels"]), None)
    if group is None:
        message = f"no usual access is known for {name}"
        raise InputError(message)
    low, high = table["volume_ml"][_volume_key(name)]
    return UsualAccess(
        level=name,
        route=group["route"],
        needle=group["needle"],
        evidence=evidence_of(group),
        pedicle_width_mm=table["pedicle_width_mm"].get(name),
        pedicle_evidence=evidence_of(table["pedicle_width_mm"]),
        volume_ml=(low, high),
        volume_evidence=evidence_of(table["volume_ml"]),
    )


def session_most_ml() -> tuple[float, float]:
    """Return the most cement of one session, the cautious and the usual limit."""
    low, high = read_table("access")["volume_ml"]["session_most"]
    return float(low), float(high)


def _volume_key(level: str) -> str:
    if level.startswith("L"):
        return "L"
    number = int(level[1:])
    return "T1" if number <= 5 else "T6" if number <= 9 else "T10"
