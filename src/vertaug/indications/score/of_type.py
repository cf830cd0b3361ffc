"""The type of an osteoporotic fracture by the tree of the OF classification."""

from dataclasses import replace
from types import MappingProxyType

from vertaug.indications.fact import DERIVED
from vertaug.indications.patient_facts import PatientFacts
from vertaug.indications.score.part_rule import PartRule, Values, judge_part, sum_up
from vertaug.indications.score.score_result import ScoreResult
from vertaug.indications.score.score_table import read_scores

_WALL = "fx.posterior_wall"
_OVER_A_FIFTH = ("gt_fifth", "breached")
_TYPES = (1, 2, 3, 4, 5)


def find_of_type(facts: PatientFacts) -> ScoreResult:
    """Return the OF type that the findings make, whatever type was given.

    Tension band failure is OF 5; both endplates deformed OF 4; one endplate with more than a fifth
    of the posterior wall OF 3, with up to a fifth OF 2; no deformity with oedema OF 1; else 0, no
    injury. A posterior wall that is involved without a deformed endplate fits no branch: the type
    stays open.

    References
    ----------
    AO Spine-DGOU OF classification (clinical reference 1.4, key mOF).
    """
    facts = _without_derived_wall(facts)
    note = "The findings contradict each other: posterior wall involved, no endplate deformed."
    return sum_up(
        read_scores()["of_type"],
        [judge_part(_RULE, facts)],
        notes=(note,) if _contradicts(facts) else (),
    )


def _without_derived_wall(facts: PatientFacts) -> PatientFacts:
    wall = facts.facts.get(_WALL)
    if wall is None or wall.source != DERIVED:
        return facts
    return PatientFacts(MappingProxyType({**facts.facts, _WALL: replace(wall, value=None)}))


def _contradicts(facts: PatientFacts) -> bool:
    endplates = ("fx.both_endplates", "fx.one_endplate")
    whole = all(facts.value(name) is False for name in endplates)
    return whole and facts.value(_WALL) not in {None, "intact"}


def _type(values: Values) -> tuple[int, ...]:
    wall = values[_WALL]
    if values["fx.tension_band_failure"]:
        return (5,)
    if values["fx.both_endplates"]:
        return (4,)
    if values["fx.one_endplate"]:
        return (3,) if wall in _OVER_A_FIFTH else (2,)
    if wall != "intact":
        return _TYPES
    return (1,) if values["fx.edema"] else (0,)


_RULE = PartRule(
    name="type",
    label="OF type",
    asks=MappingProxyType(
        {
            "fx.tension_band_failure": (False, True),
            "fx.both_endplates": (False, True),
            "fx.one_endplate": (False, True),
            _WALL: ("intact", "lt_fifth", "gt_fifth", "breached"),
            "fx.edema": (False, True),
        }
    ),
    points=_type,
)
