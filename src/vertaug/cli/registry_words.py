"""The summary and the board of a registry in lines."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vertaug.recovery.registry.agreement import Agreement
    from vertaug.recovery.registry.board import Board
    from vertaug.recovery.registry.interval import Mean, Share
    from vertaug.recovery.registry.medication import BoneTreatment
    from vertaug.recovery.registry.summary import RegistrySummary

_MOST_LISTED = 40


def share_words(share: "Share") -> str:
    """Return a share with its interval, such as ``12 of 200, 6.0 % (3.1-10.2)``."""
    if share.share is None or share.low is None or share.high is None:
        return "of nobody"
    return (
        f"{share.count} of {share.of}, {100 * share.share:.1f} % "
        f"({100 * share.low:.1f}-{100 * share.high:.1f})"
    )


def mean_words(mean: "Mean") -> str:
    """Return a mean with its spread and n."""
    if mean.mean is None:
        return f"no value (n 0, {mean.missing} without)"
    spread = "" if mean.sd is None else f" ± {mean.sd:.2f}"
    missing = f", {mean.missing} without" if mean.missing else ""
    return f"{mean.mean:.2f}{spread} (n {mean.n}{missing})"


def summary_lines(summary: "RegistrySummary") -> Iterator[str]:
    """Yield the summary, line by line."""
    from vertaug.recovery.registry.made_up import MADE_UP_WORDS

    if summary.made_up:
        yield MADE_UP_WORDS
    yield from _totals(summary)
    yield from _visits(summary)
    yield from _scores(summary)
    yield from _events(summary)
    yield from _rest(summary)
    if summary.made_up:
        yield MADE_UP_WORDS
    yield "Research and teaching, not for clinical decisions."


def _totals(summary: "RegistrySummary") -> Iterator[str]:
    totals = summary.totals
    kinds = ", ".join(f"{count} {name}" for name, count in totals.procedures.items()) or "none"
    yield f"Registry, visits due by {summary.today}"
    yield (
        f"  patients: {totals.patients}; died {totals.died}, withdrew {totals.withdrawn}, recorded "
        f"as lost {totals.recorded_lost}"
    )
    yield f"  procedures: {kinds}; levels: {totals.levels}"
    kap = totals.kap_median_gy_cm2
    dose = "not recorded" if kap is None else f"{kap:g} Gy cm2 (n {totals.kap_known})"
    yield f"  median kerma-area product: {dose}"


def _visits(summary: "RegistrySummary") -> Iterator[str]:
    yield ""
    yield "Visits        done  missed    lost    died  withdr overdue     due not yet"
    for v in summary.visits:
        counts = (v.done, v.missed, v.lost, v.died, v.withdrawn, v.overdue, v.due, v.not_yet)
        yield f"  {v.kind:8}" + "".join(f"{count:8d}" for count in counts)
    yield "  lost: recorded as lost, or not seen since, two or more visits in a row"


def _scores(summary: "RegistrySummary") -> Iterator[str]:
    yield ""
    yield "Scores, mean ± SD of what is known (nothing carried forward)"
    for point in summary.scores:
        what = point.what
        name = f"{what.instrument} {what.score}, {what.scale}"
        yield f"  {name:32} {point.kind:9} {mean_words(point.mean)}"
    yield ""
    yield "Better by as much as matters: of those with a value before and at the visit"
    for what, definition in dict.fromkeys((r.what, r.words) for r in summary.responders):
        yield f"  {what.instrument} {what.score}, {what.scale}: {definition}"
        mine = [r for r in summary.responders if (r.what, r.words) == (what, definition)]
        yield "    " + ", ".join(f"{r.kind} {_percent(r.share)}" for r in mine)
    if summary.responders:
        reached = ", ".join(f"{v.kind} {v.reached}" for v in summary.visits if v.kind != "baseline")
        yield f"  enrolled {summary.responders[0].enrolled}; reached the visit: {reached}"
    yield "  (intervals: --json, or -o DIR)"


def _percent(share: "Share") -> str:
    if share.share is None:
        return "of nobody"
    return f"{100 * share.share:.0f} % ({share.count}/{share.of})"


def _events(summary: "RegistrySummary") -> Iterator[str]:
    yield ""
    yield "Adverse events (95 % exact interval)"
    never = [rate for rate in summary.events if not rate.events + rate.near_misses]
    for rate in (one for one in summary.events if one not in never):
        near = f"; near misses {rate.near_misses}" if rate.near_misses else ""
        yield (
            f"  {rate.type:26} {rate.events:4d} events, {rate.serious} serious{near}; procedures "
            f"{share_words(rate.by_procedure)}; levels {share_words(rate.by_level)}"
        )
    none = never[0].by_procedure if never else None
    if none is not None and none.high is not None:
        names = ", ".join(rate.type for rate in never)
        yield f"  none of {none.of} procedures (so at most {100 * none.high:.2g} %): {names}"
    for leak in summary.leaks:
        yield (
            f"  cement outside, {leak.procedure}, {leak.looked_with}: levels "
            f"{share_words(leak.share)}; {leak.not_recorded} not recorded"
        )


def _rest(summary: "RegistrySummary") -> Iterator[str]:
    fractures, images = summary.fractures, summary.images
    yield ""
    yield (
        f"New vertebral fractures: {fractures.events} in {fractures.patients} patients followed, "
        f"{fractures.never_looked} never looked at"
    )
    risk = ", ".join(
        f"day {day}: {number}"
        for day, number in zip(fractures.risk_days, fractures.at_risk, strict=True)
    )
    yield f"  followed {risk}"
    for day, words in ((91, "3 months"), (365, "12 months")):
        step = fractures.free_at(day)
        if step is not None:
            yield (
                f"  by {words}: {100 * (1 - step.free):.1f} % "
                f"({100 * (1 - step.high):.1f}-{100 * (1 - step.low):.1f}), Kaplan-Meier"
            )
    yield (
        f"Images: {images.followed} of {images.levels} levels with two alike; anterior height "
        f"{mean_words(images.height_change_percent)} %, kyphosis "
        f"{mean_words(images.kyphosis_change_deg)} degrees; recollapsed "
        f"{share_words(images.recollapsed)}"
    )
    yield ""
    yield "Opioids, MME a day"
    for point in summary.opioids:
        yield f"  {point.kind:8} {mean_words(point.mme)}; none: {share_words(point.without)}"
        if len(point.factor_sets) > 1:
            yield f"    summed by different factors, not comparable: {point.factor_sets}"
    yield from _treatment(summary.bone_treatment)
    yield ""
    yield "Predicted and observed (observed minus predicted)"
    for agreement in summary.agreements:
        yield f"  {_agreement(agreement)}"
    if not summary.agreements:
        yield "  no level has a prediction or an observation"


def _treatment(bone: "BoneTreatment") -> Iterator[str]:
    yield (
        "Treatment of osteoporosis recorded by 4 weeks, of osteoporotic procedures that long ago: "
        f"{share_words(bone.treated)}"
    )
    yield (
        f"  recorded by then that none was given: {bone.not_treated}; nothing recorded by then: "
        f"{bone.unknown}"
    )
    yield (
        f"  without a treatment recorded at any time up to today, of all osteoporotic procedures: "
        f"{bone.without_now}; {bone.followed_without} of them of patients who are followed "
        "(neither died nor withdrew nor lost): the list of registry due"
    )


def _agreement(one: "Agreement") -> str:
    limits = "too few pairs"
    if one.bias is not None:
        limits = f"bias {one.bias:.3g} {one.unit}"
    if one.low is not None and one.high is not None:
        limits += f", limits of agreement {one.low:.3g} to {one.high:.3g}"
    note = f"; {one.not_usable} not called a prediction by the model" if one.not_usable else ""
    return (
        f"{one.quantity}, {one.procedure}: n {len(one.pairs)}, {limits}; only predicted "
        f"{one.only_predicted}, only observed {one.only_observed}{note}"
    )


def board_lines(board: "Board") -> Iterator[str]:
    """Yield the board, line by line."""
    from vertaug.recovery.registry.made_up import MADE_UP_WORDS

    if board.made_up:
        yield MADE_UP_WORDS
    yield f"{board.today}: visits due or overdue: {len(board.visits)}"
    for visit in board.visits[:_MOST_LISTED]:
        state = "OVERDUE" if visit.overdue else "due"
        yield (
            f"  {state:8} {visit.pseudonym:14} {visit.kind:9} window {visit.first} to {visit.last}"
        )
    yield from _more(len(board.visits))
    yield f"Red flags told in the last 30 days: {len(board.red_flags)}"
    for flag in board.red_flags[:_MOST_LISTED]:
        yield f"  {flag.pseudonym:14} {flag.kind:9} {flag.visited_on}"
    yield from _more(len(board.red_flags))
    yield from _bone(board)
    yield "Not monitored around the clock."


def _bone(board: "Board") -> Iterator[str]:
    """Yield the recent ones, and how many are older; nobody leaves the list unsaid."""
    recent = [task for task in board.bone_tasks if task.recent]
    older = board.bone_tasks[len(recent) :]
    yield (
        "Osteoporotic fracture, no treatment recorded at any time up to today: "
        f"{len(board.bone_tasks)}"
    )
    yield "  (patients who are followed; who died, withdrew or was lost is not listed)"
    yield f"  procedure since {board.bone_since}: {len(recent)}"
    for task in recent[:_MOST_LISTED]:
        late = "more than 4 weeks" if task.late else "within 4 weeks"
        yield f"  {task.pseudonym:14} procedure {task.done_on}, {late}"
    yield from _more(len(recent))
    if older:
        yield f"  procedure before that: {len(older)}, from {older[0].done_on} (--json lists all)"


def _more(count: int) -> Iterator[str]:
    if count > _MOST_LISTED:
        yield f"  and {count - _MOST_LISTED} more (--json lists all)"
