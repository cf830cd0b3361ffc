"""Which level is the one to treat."""

from collections.abc import Mapping

from vertaug.case.errors import LevelError
from vertaug.case.level import parse_level, sort_levels
from vertaug.case.measurement import VertebraMeasurement
from vertaug.fracture.grading import is_low_body, largest_loss
from vertaug.fracture.norm import find_norm, usual_excess

_ACUTE = (
    "whether a fracture is fresh cannot be told from CT alone: compare with MRI (oedema), earlier "
    "images and the site of pain"
)


def check_level(
    level: str, measured: Mapping[str, VertebraMeasurement], incomplete: Mapping[str, str]
) -> str:
    """Return the level name if it was measured.

    Raises
    ------
    LevelError
        If it is not in the scan, or incomplete (says by which face it is cut).
    """
    name = parse_level(level)
    if name in measured:
        return name
    present = ", ".join(measured) or "none"
    if name in incomplete:
        message = (
            f"level {name} cannot be measured: {incomplete[name]}; complete levels: {present}; "
            "choose one of them or use a scan that covers the level"
        )
    else:
        message = f"level {name} is not in this scan; complete levels: {present}"
    raise LevelError(message)


def select_level(
    measured: Mapping[str, VertebraMeasurement], incomplete: Mapping[str, str], given: str | None
) -> tuple[str | None, str]:
    """Return the level to treat and why, in words.

    The given one, or the one with the worst grade, then the largest height loss; None if no
    complete level reaches grade 1.

    Parameters
    ----------
    measured : mapping of str to VertebraMeasurement
        Complete levels.
    incomplete : mapping of str to str
        Levels that could not be measured; one of them may be the fractured one.
    given : str or None
        A level that `check_level` accepted.
    """
    if given is not None:
        grade = measured[given].genant_grade
        found = f"grade {grade}" if grade else "grade 0: no fracture by its heights"
        return given, f"level {given} was given ({found}); {_ACUTE}"
    fractured = [name for name in measured if measured[name].genant_grade > 0]
    if not fractured:
        if not measured:
            return None, "no vertebral body is complete in this scan; nothing could be graded"
        names = ", ".join(sort_levels(measured))
        failed = [n for n in sort_levels(incomplete) if "cut by" not in incomplete[n]]
        if failed:
            lost = ", ".join(failed)
            text = (
                f"{lost} could not be measured and may be fractured; {names} lost less than 20 % "
                "of every height (grade 0)"
            )
            return None, text
        text = f"no fracture found: {names} lost less than 20 % of every height (grade 0)"
        text += _describe_shared_loss(measured)
        left = ", ".join(sort_levels(incomplete))
        return None, f"{text}; not graded: {left}" if left else text
    ranked = sorted(fractured, key=lambda name: _severity(measured[name]), reverse=True)
    best = ranked[0]
    text = (
        f"{best} has the worst grade ({measured[best].genant_grade}, "
        f"{_worst_loss(measured[best]):.0f} % height loss)"
    )
    others = [n for n in sort_levels(ranked[1:]) if measured[n].genant_grade >= 2]
    if others:
        text += f"; also grade 2 or more: {', '.join(others)}; confirm which level is painful"
    return best, f"{text}; {_ACUTE}"


def _describe_shared_loss(measured: Mapping[str, VertebraMeasurement]) -> str:
    """Return what grades against the neighbours cannot show here."""
    low = [n for n, m in measured.items() if is_low_body(m.heights_mm, m.depth_mm)]
    if low:
        names = ", ".join(sort_levels(low))
        words = "is low for its depth" if len(low) == 1 else "are low for their depth"
        return (
            f", but {names} {words} and may be fractured: an even loss that "
            "neighbours share, or that of a level alone, does not show in the grades"
        )
    if len(measured) == 1:
        ((name, only),) = measured.items()
        heights, norm = only.heights_mm, find_norm(name)
        front, back = heights.anterior / norm.anterior, heights.posterior / norm.posterior
        if front > (1.0 + usual_excess(name)) * back:
            return (
                f", but {name} is higher in front, against its back, than healthy bodies are: "
                "osteophytes, or its back has lost height and it may be fractured"
            )
        return "; with one level alone, a loss of all its heights does not show"
    return ""


def _severity(measurement: VertebraMeasurement) -> tuple[int, float]:
    return measurement.genant_grade, _worst_loss(measurement)


def _worst_loss(measurement: VertebraMeasurement) -> float:
    points = largest_loss(measurement.loss_percent)
    return max(points, measurement.profile_loss_percent or points)
