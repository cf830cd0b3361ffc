"""When an operator watching the fluoroscope stops.

Cement in the posterior quarter of the body; in the basivertebral vein or the canal; in a segmental
vein; in a disc; along the needle; resistance at the syringe. What counts as seen is a design
default, uncertain.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.porous_body import PorousBody
from vertaug.case.errors import InputError
from vertaug.case.filling import LEAK_PATHS, StopEvent
from vertaug.case.grid import FloatArray
from vertaug.case.simulation import WatchedRule


class Rule(StrEnum):
    """What is watched for."""

    POSTERIOR_QUARTER = "posterior_quarter"
    BASIVERTEBRAL = "basivertebral_vein"
    SEGMENTAL = "segmental_vein"
    CORTEX = "outside_cortex"
    DISC = "disc"
    CANAL = "canal"
    TRACK = "needle_track"
    SYRINGE = "syringe_limit"
    WORKING_TIME = "working_time"


_RULE_OF_PATH = dict(
    zip(
        LEAK_PATHS,
        (Rule.BASIVERTEBRAL, Rule.SEGMENTAL, Rule.CORTEX, Rule.DISC, Rule.CANAL, Rule.TRACK),
        strict=True,
    )
)
_WHERE = {
    Rule.BASIVERTEBRAL: "in the basivertebral vein",
    Rule.SEGMENTAL: "in a segmental vein",
    Rule.CORTEX: "outside the cortex",
    Rule.DISC: "in the disc",
    Rule.CANAL: "in the canal",
    Rule.TRACK: "along the needle",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRules:
    """When to stop.

    Attributes
    ----------
    act : bool
        Whether the injection stops by the rules; otherwise they are only recorded.
    visible_mm3 : float
        Cement that is seen where it should not be: 0.05 ml, a drop of 4.6 mm. Uncertain.
    visible_thickness_mm : float
        Least thickness of cement along a ray that is seen behind bone. Uncertain.
    posterior_share : float
        Of the depth of the body, from behind.
    least_rate_share : float
        Of the wanted rate; below it the resistance is felt. Uncertain.
    """

    act: bool = True
    visible_mm3: float = 50.0
    visible_thickness_mm: float = 1.0
    posterior_share: float = 0.25
    least_rate_share: float = 0.5

    def __post_init__(self) -> None:
        shares = (self.posterior_share, self.least_rate_share)
        if (
            self.visible_mm3 <= 0.0
            or self.visible_thickness_mm < 0.0
            or not all(0.0 < share < 1.0 for share in shares)
        ):
            message = (
                "stop rules need a visible volume above 0, a thickness of at least 0 and shares "
                f"between 0 and 1; got {self.visible_mm3:g} mm3, {self.visible_thickness_mm:g} mm, "
                f"{shares[0]:g} and {shares[1]:g}"
            )
            raise InputError(message)


def list_rules(rules: StopRules, working_end_s: float) -> tuple[WatchedRule, ...]:
    """Return every rule with its threshold, in words.

    Parameters
    ----------
    rules : StopRules
    working_end_s : float
        Age of the cement at the end of its working time, from mixing.
    """
    seen = f"{rules.visible_mm3 / 1000.0:.2f} ml or more"
    conditions = {
        Rule.POSTERIOR_QUARTER: (
            f"{seen} in the posterior {100.0 * rules.posterior_share:g} % of the body, on rays of "
            f"the lateral view through {rules.visible_thickness_mm:g} mm or more of cement"
        ),
        **{rule: f"{seen} {where}" for rule, where in _WHERE.items()},
        Rule.SYRINGE: (
            f"less than {100.0 * rules.least_rate_share:g} % of the wanted flow at the syringe's "
            "limit"
        ),
        Rule.WORKING_TIME: f"cement older than {working_end_s / 60.0:.1f} min from mixing",
    }
    return tuple(WatchedRule(rule=str(rule), condition=conditions[rule]) for rule in Rule)


class Watch:
    """Looks at the cement as an operator would, and keeps what was met first.

    Parameters
    ----------
    rules : StopRules
    body : PorousBody
    """

    def __init__(self, rules: StopRules, body: PorousBody) -> None:
        self._rules = rules
        self._spacing = body.grid.spacing_mm
        self._behind = _behind(body, rules.posterior_share)
        self.events: list[StopEvent] = []
        self._met: set[Rule] = set()

    @property
    def first(self) -> StopEvent | None:
        """The rule that was met first."""
        return self.events[0] if self.events else None

    @property
    def stops(self) -> bool:
        """Whether the injection is to stop."""
        return self._rules.act and bool(self.events)

    def look(
        self, cement_share: FloatArray, leaked_mm3: FloatArray, time_s: float, injected_mm3: float
    ) -> None:
        """Look at the fluoroscope.

        Parameters
        ----------
        cement_share : (ni, nj, nk) array
            Cement by volume of each cell.
        leaked_mm3 : (6,) array
            By path, in the order of `LEAK_PATHS`.
        time_s, injected_mm3 : float
        """
        seen = self._posterior_mm3(cement_share)
        if seen >= self._rules.visible_mm3:
            share = f"posterior {100.0 * self._rules.posterior_share:g} %"
            self.note(
                Rule.POSTERIOR_QUARTER,
                f"{seen / 1000.0:.2f} ml of cement are seen in the {share} of the body",
                time_s,
                injected_mm3,
            )
        for path, volume in zip(LEAK_PATHS, leaked_mm3, strict=True):
            if volume >= self._rules.visible_mm3:
                rule = _RULE_OF_PATH[path]
                text = f"{volume / 1000.0:.2f} ml of cement are seen {_WHERE[rule]}"
                self.note(rule, text, time_s, injected_mm3)

    def feel(
        self, rate_mm3_per_s: float, wanted_mm3_per_s: float, time_s: float, injected_mm3: float
    ) -> None:
        """Feel the resistance at the syringe."""
        if rate_mm3_per_s < self._rules.least_rate_share * wanted_mm3_per_s:
            text = (
                f"the syringe at its limit presses {0.06 * rate_mm3_per_s:.2f} ml/min instead of "
                f"{0.06 * wanted_mm3_per_s:.2f}"
            )
            self.note(Rule.SYRINGE, text, time_s, injected_mm3)

    def note(self, rule: Rule, sentence: str, time_s: float, injected_mm3: float) -> None:
        """Keep a rule if it is met for the first time."""
        if rule not in self._met:
            self._met.add(rule)
            acted = self._rules.act and len(self._met) == 1
            self.events.append(
                StopEvent(
                    rule=str(rule),
                    sentence=sentence,
                    time_s=time_s,
                    injected_mm3=injected_mm3,
                    acted_on=acted,
                )
            )

    def _posterior_mm3(self, cement_share: FloatArray) -> float:
        """Cement on rays of the lateral view that meet the posterior part and show cement."""
        thickness = cement_share.sum(axis=0, dtype=np.float64) * self._spacing[0]
        seen = self._behind & (thickness >= self._rules.visible_thickness_mm)
        return float(thickness[seen].sum() * self._spacing[1] * self._spacing[2])


def _behind(body: PorousBody, share: float) -> NDArray[np.bool_]:
    """Rays of the lateral view (posterior, superior axes) through the posterior part of the body.

    The anterior and posterior wall of each height are those of its silhouette; what lies behind
    the body counts too.
    """
    outline = np.asarray(body.in_body.any(axis=0))
    count = len(outline)
    front, back = outline.argmax(axis=0), count - outline[::-1].argmax(axis=0)
    limit = np.where(outline.any(axis=0), back - share * (back - front), np.inf)
    return np.asarray(np.arange(count)[:, None] + 0.5 > limit)
