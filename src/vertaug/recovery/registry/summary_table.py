"""The summary as tables: the quality sheet of the month."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from vertaug.recovery.registry.csv_table import write_text
from vertaug.recovery.registry.interval import Share
from vertaug.recovery.registry.made_up import MADE_UP
from vertaug.recovery.registry.summary import RegistrySummary
from vertaug.recovery.registry.visit_count import VisitCount

_SHARE = ("count", "of", "share", "low_95", "high_95")


def summary_tables(summary: RegistrySummary) -> Mapping[str, str]:
    """Return tables as CSV text by name; no pseudonym is in them.

    Each line of made-up patients says so in its last cell.
    """
    write = _writer(made_up=summary.made_up)
    visits = [field.name for field in fields(VisitCount)]
    return {
        "visits": write(visits, [[getattr(v, n) for n in visits] for v in summary.visits]),
        "scores": write(
            ("instrument", "score", "scale", "visit", "n", "missing", "mean", "sd"),
            [
                (p.what.instrument, p.what.score, p.what.scale, p.kind, p.mean.n, p.mean.missing,
                 _text(p.mean.mean), _text(p.mean.sd))
                for p in summary.scores
            ],
        ),
        "responders": write(
            ("instrument", "scale", "visit", "definition", "source", "status", *_SHARE,
             "reached_visit", "enrolled"),
            _responder_rows(summary),
        ),
        "events": write(
            ("type", "events", "serious", "near_misses", *(f"procedures_{n}" for n in _SHARE),
             *(f"levels_{n}" for n in _SHARE)),
            [
                (r.type, r.events, r.serious, r.near_misses, *_share(r.by_procedure),
                 *_share(r.by_level))
                for r in summary.events
            ],
        ),
        "leaks": write(
            ("procedure", "looked_with", *_SHARE, "not_recorded"),
            [(r.procedure, r.looked_with, *_share(r.share), r.not_recorded)
             for r in summary.leaks],
        ),
        "new_fractures": write(
            ("day", "at_risk", "events", "censored", "free", "low_95", "high_95"),
            [(s.day, s.at_risk, s.events, s.censored, _text(s.free), _text(s.low), _text(s.high))
             for s in summary.fractures.steps],
        ),
        "opioids": write(
            ("visit", "n", "missing", "mean_mme", "sd", *(f"none_{n}" for n in _SHARE)),
            [(p.kind, p.mme.n, p.mme.missing, _text(p.mme.mean), _text(p.mme.sd),
              *_share(p.without)) for p in summary.opioids],
        ),
        "agreement": write(
            ("quantity", "procedure", "unit", "n", "bias", "low", "high", "only_predicted",
             "only_observed", "not_usable"),
            [(a.quantity, a.procedure, a.unit, len(a.pairs), _text(a.bias), _text(a.low),
              _text(a.high), a.only_predicted, a.only_observed, a.not_usable)
             for a in summary.agreements],
        ),
    }  # fmt: skip


def _writer(*, made_up: bool) -> Callable[[Sequence[str], Sequence[Sequence[Any]]], str]:
    mark = (MADE_UP,) if made_up else ()

    def write(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
        head = (*columns, "patients") if mark else columns
        return write_text(head, [(*row, *mark) for row in rows])

    return write


def _responder_rows(summary: RegistrySummary) -> Sequence[Sequence[Any]]:
    reached = {visit.kind: visit.reached for visit in summary.visits}
    return [
        (r.what.instrument, r.what.scale, r.kind, r.definition, r.source, r.status,
         *_share(r.share), reached[r.kind], r.enrolled)
        for r in summary.responders
    ]  # fmt: skip


def _share(share: Share) -> tuple[Any, ...]:
    return share.count, share.of, _text(share.share), _text(share.low), _text(share.high)


def _text(value: float | None) -> str:
    """Return four figures; unknown is empty."""
    return "" if value is None else f"{value:.4g}"
