"""Numbers and angles as they are printed."""

from vertaug.case.measurement import FractureShape
from vertaug.case.plan import Procedure, Route

MISSING = "–"
_ROUTES = {
    Route.TRANSPEDICULAR: "transpedicular",
    Route.PARAPEDICULAR: "parapedicular",
    Route.FAR_LATERAL: "far-lateral",
}


def millimetres(value: float | None, *, unit: bool = True) -> str:
    """Return a length with one decimal, a dash if there is none."""
    if value is None:
        return MISSING
    return f"{_minus(value, 1)} mm" if unit else _minus(value, 1)


def millilitres(value: float | None) -> str:
    """Return a volume with one decimal, a dash if there is none."""
    return MISSING if value is None else f"{_minus(value, 1)} ml"


def kilonewton(force_n: float | None, *, unit: bool = True) -> str:
    """Return a force in kN with two decimals, a dash if there is none."""
    if force_n is None:
        return MISSING
    return f"{_minus(force_n / 1000.0, 2)} kN" if unit else _minus(force_n / 1000.0, 2)


def three_figures(value: float | None) -> str:
    """Return three significant figures, without an exponent; a dash if there is none."""
    if value is None:
        return MISSING
    size = abs(value)
    return _minus(value, 0 if size >= 100 else 1 if size >= 10 else 2)


def percent(value: float | None) -> str:
    """Return a whole percentage, a dash if there is none."""
    return MISSING if value is None else f"{_minus(value, 0)} %"


def degrees(value: float | None) -> str:
    """Return an angle with one decimal, a dash if there is none."""
    return MISSING if value is None else f"{_minus(value, 1)}°"


def whole_degrees(value: float | None) -> str:
    """Return an angle without decimals, a dash if there is none."""
    return MISSING if value is None else f"{_minus(value, 0)}°"


def kyphosis(value: float | None) -> str:
    """Return an angle with the word for its sign; kyphosis is positive."""
    if value is None:
        return MISSING
    word = "kyphotic" if value >= 0 else "lordotic"
    return f"{abs(value):.1f}° {word}"


def sentence(text: str) -> str:
    """Return the text with a capital at its start and one full stop at its end."""
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _minus(value: float, digits: int) -> str:
    """Format with a true minus sign and without a negative zero."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = f"{0:.{digits}f}"
    return text.replace("-", "−")


def caudal(angle_deg: float) -> str:
    """Return the inclination of a needle with its direction in words."""
    word = "caudal" if angle_deg >= 0 else "cranial"
    return f"{abs(angle_deg):.0f}° {word}"


def medial(angle_deg: float) -> str:
    """Return the convergence of a needle with its direction in words."""
    word = "medial" if angle_deg >= 0 else "lateral"
    return f"{abs(angle_deg):.0f}° {word}"


def prone_receptor(primary_deg: float, secondary_deg: float) -> str:
    """Return a view as tilts of a receptor above the prone patient.

    The receptor behind the patient sees along the same line as the one in front, so its tilts
    are opposite: RAO becomes a tilt to the patient's left, CRA one to the feet.
    """
    across, along = round(primary_deg), round(secondary_deg)
    if abs(primary_deg) > 60:
        # beside the patient: the receptor stands where it stood, whichever way the patient lies
        side = f"receptor on the {'left' if primary_deg > 0 else 'right'}"
        return f"{side}, {abs(along)}° to {'head' if along > 0 else 'feet'}" if along else side
    parts = []
    if across:
        parts.append(f"{abs(across)}° to {'right' if across > 0 else 'left'}")
    if along:
        parts.append(f"{abs(along)}° to {'feet' if along > 0 else 'head'}")
    return ", ".join(parts) or "straight above"


def route(value: Route) -> str:
    """Return the route as it is printed."""
    return _ROUTES[value]


def procedure(value: Procedure) -> str:
    """Return the procedure as it is printed."""
    return value.value


def sides(value: str) -> str:
    """Return the side or sides as they are printed."""
    return "both sides" if value == "both" else f"{value} side"


def grade(number: int, shape: FractureShape) -> str:
    """Return Genant grade and shape."""
    words = {0: "none", 1: "mild", 2: "moderate", 3: "severe"}[number]
    if number == 0:
        return "grade 0, no fracture by height"
    return f"grade {number} ({words}), {shape.value}"
