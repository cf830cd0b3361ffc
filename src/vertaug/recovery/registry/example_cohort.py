"""Made-up patients, to try the registry and to measure its speed; nothing in them is of anybody.

Pain now falls from a mean of 7.5 to about 3.5 at 12 months, SD 2.5; two thirds are responders, some
become worse, some die, and more visits are missed the later they are. They prove nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from vertaug.recovery.registry.entry import Entry
from vertaug.recovery.registry.made_up import MADE_UP
from vertaug.recovery.registry.visit_kind import visit_days

EXAMPLE_KINDS = ("baseline", "2h", "24h", "7d", "1mo", "3mo", "6mo", "12mo")
_WAY = (0.0, 0.4, 0.5, 0.65, 0.8, 0.9, 0.95, 1.0)
"""Of the way from the values before to those at 12 months, by visit."""
_OPIOIDS = (45.0, 40.0, 35.0, 28.0, 20.0, 14.0, 10.0, 9.0)
_LOST = (0.0, 0.0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.07)
"""Share that is seen no more from a visit on; all were seen before they were treated."""
_MISSED = (0.0, 0.05, 0.05, 0.06, 0.08, 0.1, 0.12, 0.14)
_RESPOND = 0.6
_PAIN_AFTER = ((1.8, 1.3), (6.3, 1.5))
_FUNCTION_AFTER = ((8.0, 4.0), (15.5, 3.5))
"""Mean and SD at 12 months of who does well and who does not."""
_DEATHS_A_YEAR = 0.05
_YEAR_DAYS = 365.25
_LEVELS = ("T8", "T11", "T12", "L1", "L2", "L3", "L4")
_LEVEL_ODDS = (0.06, 0.1, 0.24, 0.3, 0.14, 0.1, 0.06)
_EVENTS = ("pain_flare", "leak_symptomatic", "pulmonary_cement_embolism", "other_fracture")
_IMAGES = ("24h", "3mo", "12mo")
_FRACTURES_A_YEAR = 0.2
"""Rate of first new fractures: 18 % within a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplePatient:
    """One made-up patient; ``pain`` and ``function`` are before and at 12 months."""

    pseudonym: str
    number: int
    done_on: date
    kyphoplasty: bool
    level: str
    stops: int
    died_on: date | None
    pain: tuple[float, float]
    function: tuple[float, float]
    height: float


def make_cohort(patients: int, seed: int, last_day: date) -> Iterator[Entry]:
    """Yield the rows of made-up patients, parents before their children.

    Parameters
    ----------
    patients : int
    seed : int
        Two of the same seed are equal.
    last_day : date
        Nothing lies after it.
    """
    drawn = tuple(_draw(n, seed, last_day) for n in range(1, patients + 1))
    tables: tuple[Callable[[ExamplePatient, date], Iterator[Entry]], ...] = (
        _patient, _procedure, _level, _visits, _scores, _events, _images, _fractures, _treatments,
    )  # fmt: skip
    for table in tables:
        for patient in drawn:
            yield from table(patient, last_day)


def _draw(number: int, seed: int, last_day: date) -> ExamplePatient:
    rng = np.random.default_rng((seed, number))
    ago = int(rng.integers(20, 900))
    gone = rng.random(len(EXAMPLE_KINDS)) < np.array(_LOST)
    which = 0 if rng.random() < _RESPOND else 1
    done_on = last_day - timedelta(days=ago)
    died_on = done_on + timedelta(days=30 + int(rng.exponential(_YEAR_DAYS / _DEATHS_A_YEAR)))
    return ExamplePatient(
        pseudonym=f"X-{number:06d}",
        number=number,
        done_on=done_on,
        kyphoplasty=bool(rng.random() < 0.4),
        level=str(rng.choice(_LEVELS, p=_LEVEL_ODDS)),
        stops=int(np.argmax(gone)) if gone.any() else len(EXAMPLE_KINDS),
        died_on=died_on if died_on <= last_day else None,
        pain=(float(rng.normal(7.5, 1.3)), float(rng.normal(*_PAIN_AFTER[which]))),
        function=(float(rng.normal(17.5, 3.0)), float(rng.normal(*_FUNCTION_AFTER[which]))),
        height=float(rng.normal(18.5, 2.0)),
    )


def _rng(patient: ExamplePatient, table: int) -> np.random.Generator:
    return np.random.default_rng((table, patient.number))


def _patient(patient: ExamplePatient, _last: date) -> Iterator[Entry]:
    rng = _rng(patient, 1)
    yield Entry(
        table="patient",
        values={
            "pseudonym": patient.pseudonym,
            "enrolled_on": patient.done_on - timedelta(days=int(rng.integers(0, 14))),
            "age_y": int(np.clip(rng.normal(76.0, 8.0), 50, 97)),
            "sex": "female" if rng.random() < 0.75 else "male",
            "site": MADE_UP,
            "t_score": round(float(rng.normal(-2.8, 0.8)), 1),
            "died_on": patient.died_on,
        },
    )


def _procedure(patient: ExamplePatient, _last: date) -> Iterator[Entry]:
    rng = _rng(patient, 2)
    yield Entry(
        table="procedure",
        values={
            "pseudonym": patient.pseudonym,
            "procedure_no": 1,
            "done_on": patient.done_on,
            "procedure": "kyphoplasty" if patient.kyphoplasty else "vertebroplasty",
            "cause": "osteoporotic" if rng.random() < 0.9 else "neoplastic",
            "anaesthesia": "sedation",
            "inpatient": bool(rng.random() < 0.2),
            "kap_gy_cm2": round(float(rng.lognormal(2.8, 0.5)), 1),
        },
    )


def _level(patient: ExamplePatient, _last: date) -> Iterator[Entry]:
    rng = _rng(patient, 3)
    leak = bool(rng.random() < (0.25 if patient.kyphoplasty else 0.4))
    yield Entry(
        table="procedure_level",
        values={
            "pseudonym": patient.pseudonym,
            "procedure_no": 1,
            "level": patient.level,
            "sides": "both",
            "cement_ml": round(float(np.clip(rng.normal(4.2, 1.1), 1.0, 9.0)), 1),
            "leak_seen": leak,
            "leak_looked_with": "radiograph",
            "leak_ml": round(float(rng.gamma(1.2, 0.2)), 2) if leak else 0.0,
        },
    )


def _seen(patient: ExamplePatient, last: date) -> Iterator[tuple[int, str, date]]:
    """Yield the visits of a patient that were made."""
    rng = _rng(patient, 4)
    days = {visit.kind: visit for visit in visit_days(patient.done_on)}
    for n, kind in enumerate(EXAMPLE_KINDS):
        span = (days[kind].last - days[kind].first).days
        on = days[kind].first + timedelta(days=int(rng.integers(0, span + 1)))
        # visits may not pass each other: windows of a week and of a month overlap
        on = max(on, days[kind].last - timedelta(days=19)) if kind == "1mo" else on
        on = patient.done_on if kind == "2h" else on
        missed = rng.random() < _MISSED[n]
        until = min(last, patient.died_on or last)
        if on <= until and n < patient.stops and not missed:
            yield n, kind, on


def _visits(patient: ExamplePatient, last: date) -> Iterator[Entry]:
    rng = _rng(patient, 5)
    for n, kind, on in _seen(patient, last):
        mme = float(np.round(rng.gamma(1.0, _OPIOIDS[n]) if rng.random() < 0.8 else 0.0))
        yield Entry(
            table="visit",
            values={
                "pseudonym": patient.pseudonym,
                "procedure_no": 1,
                "kind": kind,
                "status": "done",
                "visited_on": on,
                "mme_per_day": mme,
                "mme_factors": "CDC 2022",
                "walking": str(rng.choice(["unaided", "aid", "help"], p=[0.5, 0.35, 0.15])),
                "red_flag": bool(rng.random() < 0.01),
            },
        )


def _scores(patient: ExamplePatient, last: date) -> Iterator[Entry]:
    rng = _rng(patient, 6)
    for n, kind, _ in _seen(patient, last):
        pain = _on_the_way(patient.pain, n) + rng.normal(0.0, 0.7) + np.array((0.0, 0.8))
        function = _on_the_way(patient.function, n) + rng.normal(0.0, 1.5)
        now, move = (int(np.clip(round(p), 0, 10)) for p in pain)
        ticks = int(np.clip(round(function), 0, 24))
        for name, score, scale, value, asked in (
            ("nrs_now", "nrs_now", "0-10", now, 1),
            ("nrs_move", "nrs_move", "0-10", move, 1),
            ("rmdq24", "total", "0-24", ticks, 24),
        ):
            yield Entry(
                table="score",
                values={
                    "pseudonym": patient.pseudonym,
                    "procedure_no": 1,
                    "kind": kind,
                    "instrument": name,
                    "score": score,
                    "scale": scale,
                    "value": value,
                    "answered": asked,
                    "asked": asked,
                },
            )


def _on_the_way(ends: tuple[float, float], visit: int) -> float:
    return ends[0] + _WAY[visit] * (ends[1] - ends[0])


def _events(patient: ExamplePatient, last: date) -> Iterator[Entry]:
    rng = _rng(patient, 7)
    onset = patient.done_on + timedelta(days=int(rng.integers(0, 20)))
    if rng.random() < 0.04 and onset <= last:
        yield Entry(
            table="event",
            values={
                "pseudonym": patient.pseudonym,
                "event_no": 1,
                "procedure_no": 1,
                "level": patient.level,
                "type": str(rng.choice(_EVENTS, p=[0.5, 0.2, 0.15, 0.15])),
                "onset_on": onset,
                "grading": "ctcae",
                "grade": str(rng.integers(1, 4)),
                "related_to": "procedure",
                "serious": bool(rng.random() < 0.2),
                "outcome": "recovered",
            },
        )


def _images(patient: ExamplePatient, last: date) -> Iterator[Entry]:
    rng = _rng(patient, 8)
    for n, (_, _, on) in enumerate(v for v in _seen(patient, last) if v[1] in _IMAGES):
        height = patient.height - 0.4 * n + rng.normal(0.0, 0.4)
        yield Entry(
            table="imaging",
            values={
                "pseudonym": patient.pseudonym,
                "imaged_on": on,
                "modality": "radiograph",
                "level": patient.level,
                "standing": True,
                "fractures_looked_for": True,
                "height_anterior_mm": round(float(np.clip(height, 5.0, 35.0)), 1),
                "local_kyphosis_deg": round(float(rng.normal(14.0 + 0.5 * n, 1.5)), 1),
            },
        )


def _fractures(patient: ExamplePatient, last: date) -> Iterator[Entry]:
    rng = _rng(patient, 9)
    broken_on = patient.done_on + timedelta(days=rng.exponential(_YEAR_DAYS / _FRACTURES_A_YEAR))
    looked = [on for _, kind, on in _seen(patient, last) if kind in _IMAGES and on >= broken_on]
    if looked:
        yield Entry(
            table="new_fracture",
            values={
                "pseudonym": patient.pseudonym,
                "level": "T9" if patient.level != "T9" else "T10",
                "found_on": looked[0],
                "adjacent": bool(rng.random() < 0.6),
                "symptomatic": bool(rng.random() < 0.5),
            },
        )


def _treatments(patient: ExamplePatient, last: date) -> Iterator[Entry]:
    rng = _rng(patient, 10)
    start = patient.done_on + timedelta(days=int(rng.integers(-100, 60)))
    if rng.random() < 0.65 and start <= min(last, patient.died_on or last):
        yield Entry(
            table="treatment",
            values={
                "pseudonym": patient.pseudonym,
                "drug": str(rng.choice(["alendronate", "zoledronate", "denosumab"])),
                "started_on": start,
            },
        )
