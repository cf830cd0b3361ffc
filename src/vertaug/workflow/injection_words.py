"""What is said of an injection before it begins: time that is short, cement that is too thick."""

from vertaug.augmentation.cement.cannula import TooThickError
from vertaug.augmentation.cement.injection_plan import InjectionPlan
from vertaug.augmentation.cement.rheology import working_window_s
from vertaug.case.errors import InputError

_ML = 1e-3
"""Of a mm3."""
_ALL = 0.999
"""Of the planned volume: less is said."""


def volume_in_time_mm3(plan: InjectionPlan) -> float:
    """Return what can be injected at the wanted rates until the working time ends.

    Breaks between portions count; that the flow falls where the syringe cannot press the wanted
    rate does not.
    """
    left_s = working_window_s(plan.product, plan.room_c)[1] - plan.first_age_s
    found = 0.0
    for portion in plan.portions:
        left_s -= portion.pause_s
        if portion.rate_mm3_per_s is None or left_s <= 0.0:
            break
        injected = min(portion.volume_mm3, portion.rate_mm3_per_s * left_s)
        found += injected
        left_s -= injected / portion.rate_mm3_per_s
    return found


def tell_short_time(plan: InjectionPlan) -> tuple[str, ...]:
    """Return in a sentence that the working time is too short for the volume; nothing if not."""
    possible = volume_in_time_mm3(plan)
    if possible >= _ALL * plan.volume_mm3:
        return ()
    first, last = (seconds / 60.0 for seconds in working_window_s(plan.product, plan.room_c))
    told = (
        f"The working time is too short for the volume: {plan.volume_mm3 * _ML:.2f} ml are "
        f"planned, about {possible * _ML:.2f} ml fit between the start at "
        f"{plan.first_age_s / 60.0:.1f} min and the end of the working time at {last:.1f} min "
        f"after mixing (it begins at {first:.1f} min)"
    )
    return (told,)


def name_options(error: TooThickError) -> InputError:
    """Return the error with the options of `vertaug simulate` that help."""
    others = "a --product that is less viscous then, or thicker needles (vertaug plan with --gauge)"
    if error.most_mm3_per_s is None:
        return InputError(f"{error.fault}; this cement is too thick by then: take {others}")
    return InputError(
        f"{error.fault}; take --rate-ml-per-min {error.most_ml_per_min:.2f} or less, {others}"
    )
