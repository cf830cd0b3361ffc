"""What is said under the courses of trials: only what holds of the arms that are drawn."""

from collections.abc import Sequence

from vertaug.recovery.evidence import TrialArm
from vertaug.recovery.observed_course import ObservedCourse
from vertaug.recovery.trial import Blinding, Measure
from vertaug.recovery.trial_share import control_range, trial_shares


def course_caption(
    measure: Measure, arms: Sequence[TrialArm], observed: ObservedCourse | None
) -> str:
    """Return the caption of the courses of a measure.

    Parameters
    ----------
    measure : Measure
    arms : sequence of TrialArm
        Those that are drawn.
    observed : ObservedCourse or None
    """
    blindings = {arm.trial.blinding for arm in arms}
    order = ", sham-controlled ones first" if Blinding.SHAM in blindings else ""
    sham = "" if Blinding.SHAM in blindings else " None of them was sham-controlled."
    words = (
        f"{measure.label}: means of the groups in published trials{order}.{sham} A line joins "
        "means; nothing was measured between them. Bars: 95 % interval where it was printed. The "
        "time axis is compressed (cube root). A mean of a group is no forecast for one patient. "
        f"{_without_words(measure, arms)}{_whom_words(arms)}{_missing_words(measure, arms)}"
    ).strip()
    if observed is None:
        return words
    words = f"{words} {_observed_words(measure, observed)}"
    start = observed.baseline
    if measure.mcid is not None and start is not None:
        words += (
            f" Shaded: less than {measure.mcid:g} away from the first value {start:g}, below the "
            f"least difference used ({measure.mcid_source})."
        )
    return words


def _without_words(measure: Measure, arms: Sequence[TrialArm]) -> str:
    """Say how people without augmentation did, of the trials that are drawn."""
    better: list[str] = []
    same: list[str] = []
    for arm in arms:
        if arm.treated:
            continue
        first, last = arm.points[0].value, arm.points[-1].value
        gain = (first - last) * (1.0 if measure.low_is_good else -1.0)
        name = f"{arm.trial.label}, {first:g} to {last:g}"
        (better if gain > 0 and gain >= (measure.mcid or 0.0) else same).append(name)
    words = ""
    if better and not same:
        words = "People without augmentation became better, too. "
    elif better:
        words = f"Without augmentation people became better, too, in {'; '.join(better)}. "
    if same:
        words += "Without augmentation the mean changed little or not for the better in "
        words += f"{'; '.join(same)}. "
    return words


def _whom_words(arms: Sequence[TrialArm]) -> str:
    """Say whom the only controlled trial let in, and which trials mixed their arms."""
    trials = list({arm.trial.key: arm.trial for arm in arms}.values())
    words = ""
    if len(trials) == 1 and trials[0].population:
        words += (
            f"The only course held is of {trials[0].label}, whose patients had: "
            f"{', '.join(trials[0].population)}. It does not tell of others. "
        )
    for trial in trials:
        if trial.crossover:
            words += f"{trial.label}: {trial.crossover}. "
    return words


def _missing_words(measure: Measure, arms: Sequence[TrialArm]) -> str:
    """Name trials of pain of which shares of patients are held, but no means."""
    if measure.key != "pain":
        return ""
    drawn = {arm.trial.key for arm in arms}
    counted = {
        one.trial.label: None
        for one in trial_shares()
        if one.more_is_good and one.trial.key not in drawn
    }
    if not counted:
        return ""
    return f"No means are held of {', '.join(counted)}: see the shares of patients."


def _observed_words(measure: Measure, observed: ObservedCourse) -> str:
    """Say where the last value lies among groups without augmentation."""
    name = observed.label[:1].upper() + observed.label[1:]
    last = observed.last
    if last is None:
        return f"{name}: no value after the procedure."
    day, value = last
    seen = control_range(measure.key, measure.scale, day)
    if seen is None:
        return (
            f"{name}: {value:g} on day {day:.0f}; the trials hold no mean without augmentation "
            "near that day."
        )
    where = "inside the range of"
    if value < seen.low:
        where = "below all"
    elif value > seen.high:
        where = "above all"
    return (
        f"{name}: {value:g} on day {day:.0f}, {where} means also seen without cement then "
        f"({seen.low:g} to {seen.high:g}: {', '.join(seen.arms)}"
        f"{'; partly unverified' if seen.unverified else ''}). This does not say what caused it."
    )
