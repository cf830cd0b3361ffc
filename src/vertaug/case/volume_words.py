"""How a volume of cement is said."""


def millilitres_of(volume_ml: float) -> str:
    """Return two decimals, without zeros at the end.

    Parameters
    ----------
    volume_ml : float
        Above 0.
    """
    whole = round(volume_ml, 2)
    return f"{whole:g} ml" if whole > 0.0 else "less than 0.01 ml"


def with_cement_of(volume_ml: float | None) -> str:
    """Return ``with 3.65 ml of cement``; where no volume is known, ``with cement``."""
    return "with cement" if volume_ml is None else f"with {millilitres_of(volume_ml)} of cement"
