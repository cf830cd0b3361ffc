"""What must be said wherever a strength is shown."""

from vertaug.case.strength import StrengthAssessment
from vertaug.case.strength_gain import gain_range, still_rises
from vertaug.case.strength_neighbour import LINEAR_NAME
from vertaug.case.volume_words import millilitres_of, with_cement_of

NO_FAILURE = "load at 1.9 % strain, not a failure"
"""What the force at 1.9 % is called where a curve still rises there."""


def cement_words(found: StrengthAssessment) -> str:
    """Return ``with 3.6 ml of cement``; an assumed shape is called one."""
    if not found.assumed_cement or found.cement_ml is None:
        words = with_cement_of(found.cement_ml)
        return f"after balloons, {words}" if found.after_balloons else words
    return assumed_shape_of(found.cement_ml)


def assumed_shape_of(volume_ml: float) -> str:
    """Return with how much cement, and that no injection put it where it lies."""
    return f"with cement (assumed shape, {millilitres_of(volume_ml)}, not an injection)"


def rises(found: StrengthAssessment) -> bool:
    """Whether a curve, before or after, still rises at its end."""
    states = [found.before, *([] if found.after is None else [found.after])]
    return any(still_rises(state.end_slope) for state in states)


def gain_words(found: StrengthAssessment) -> str:
    """Return ``1.8 to 3.4 times the load, by definition``; nothing without cement.

    Nor where the value before is not usable: a ratio to it says nothing of the patient.
    """
    if not found.load_ratios or unusable_words(found):
        return ""
    times, _, rest = gain_range(found.load_ratios).partition(",")
    return f"{times} the load{',' if rest else ''}{rest}"


def linear_load_n(found: StrengthAssessment) -> float | None:
    """Return the linear failure load as it is, the definition that the neighbour shares."""
    loads = (o.force_n for o in found.before.failure_loads if o.name == LINEAR_NAME)
    return next(loads, None)


def unreached_words(found: StrengthAssessment) -> str:
    """Return that the crushed model does not reach its linear load; nothing where it does."""
    linear, curve = linear_load_n(found), found.before.curve
    if linear is None or curve is None:
        return ""
    greatest = float(max(curve.force_n))
    if linear <= greatest or still_rises(found.before.end_slope):
        return ""
    return (
        f"{LINEAR_NAME} ({linear / 1000.0:.2f} kN) is extrapolated from the elastic model: "
        f"crushed, it bears at most {greatest / 1000.0:.2f} kN as it is"
    )


def unusable_words(found: StrengthAssessment) -> str:
    """Return that a fractured body reads better than its intact neighbour, else nothing.

    A crushed body is no stronger and no stiffer than an intact one: what says so is its compacted
    bone, and a lower body is stiffer at the same modulus.
    """
    near, rigid = found.neighbour, found.competitors.strength_by_rigidity_n
    if near is None:
        return ""
    own = linear_load_n(found)
    stronger = own is not None and own > near.linear_load_n
    if rigid is not None and near.rigidity_load_n is not None:
        stronger = stronger or rigid > near.rigidity_load_n
    stiffer = found.before.stiffness_n_per_mm > near.stiffness_n_per_mm
    how = " and ".join(word for word, yes in (("stronger", stronger), ("stiffer", stiffer)) if yes)
    if not how:
        return ""
    return f"before value not usable: compacted bone reads {how} than intact {near.level}"
