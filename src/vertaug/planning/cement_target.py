"""How much cement to aim for."""

from vertaug.case.plan import CementTarget
from vertaug.case.spine import Vertebra

# Share of the body's volume: 16.2 % restored strength (Molloy 2003, Spine 28:1549, verified);
# 24 % went with the best relief (Nieuwenhuijse 2012, uncertain); physics reference 2.3, 4.
_LOW_FILL, _HIGH_FILL = 0.16, 0.24
# The usual most by level in ml (planning prior, clinical reference 3.6, recalled).
_MOST_ML = {"T1": 3.0, "T6": 4.0, "T10": 5.0, "L": 7.0}


def cement_target(vertebra: Vertebra) -> CementTarget:
    """Return the cement volume to aim for in one body."""
    volume_ml = vertebra.body_volume_mm3 / 1000.0
    most = _usual_most(vertebra.level)
    # where the usual most holds, the range keeps its shape below it
    reach = min(_HIGH_FILL * volume_ml, most) / _HIGH_FILL
    values = [share * reach for share in (_LOW_FILL, (_LOW_FILL + _HIGH_FILL) / 2, _HIGH_FILL)]
    held = (
        "which holds here and scales the range down"
        if most < _HIGH_FILL * volume_ml
        else "not reached here"
    )
    basis = (
        f"16-24 % of the body's {volume_ml:.1f} ml (16.2 % restored strength, Molloy 2003; 24 % "
        "went with the best relief, Nieuwenhuijse 2012, uncertain), its upper end not above the "
        f"usual most of {most:g} ml for {vertebra.level} (a working value, no source checked), "
        f"{held}. Clinical series show no clear link between volume and relief: a planned "
        "volume to aim for, never one that must go in; stop at the first stop rule and at any leak."
    )
    low, target, high = values
    return CementTarget(low_ml=low, target_ml=target, high_ml=high, basis=basis)


def _usual_most(level: str) -> float:
    if level.startswith("L"):
        return _MOST_ML["L"]
    number = int(level[1:])
    return _MOST_ML["T1" if number <= 5 else "T6" if number <= 9 else "T10"]
