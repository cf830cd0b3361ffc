"""How much cement to aim for."""

from vertaug.case.plan import CementTarget
from vertaug.case.spine import Vertebra

# Share of the body's volume: 16.2 % restored strength (Molloy 2003, Spine 28:1549, verified);
# 24 % went with the best relief (Nieuwenhuijse 2012, uncertain); physics reference 2.3, 4.
_LOW_FILL, _HIGH_FILL = 0.16, 0.24
# Planning prior by level in ml (clinical reference 3.6, recalled).
_RANGE_ML = {"T1": (1.5, 3.0), "T6": (2.0, 4.0), "T10": (3.0, 5.0), "L": (4.0, 7.0)}


def cement_target(vertebra: Vertebra) -> CementTarget:
    """Return the cement volume to aim for in one body."""
    volume_ml = vertebra.body_volume_mm3 / 1000.0
    low_prior, high_prior = _level_range(vertebra.level)
    # the prior's lower end must not overfill a small or collapsed body
    floor = min(low_prior, _HIGH_FILL * volume_ml)
    values = [
        min(max(share * volume_ml, floor), high_prior)
        for share in (_LOW_FILL, (_LOW_FILL + _HIGH_FILL) / 2, _HIGH_FILL)
    ]
    basis = (
        f"16-24 % of the body's {volume_ml:.1f} ml (16.2 % restored strength, Molloy 2003; 24 % "
        "went with the best relief, Nieuwenhuijse 2012, uncertain), kept within the usual "
        f"{low_prior:g}-{high_prior:g} ml for {vertebra.level} (clinical reference 3.6, recalled)"
        " and never above 24 % of the body. "
        "Clinical series show no clear link between volume and relief: aim for an adequate, "
        "safe fill and stop at any leak."
    )
    low, target, high = values
    return CementTarget(low_ml=low, target_ml=target, high_ml=high, basis=basis)


def _level_range(level: str) -> tuple[float, float]:
    if level.startswith("L"):
        return _RANGE_ML["L"]
    number = int(level[1:])
    return _RANGE_ML["T1" if number <= 5 else "T6" if number <= 9 else "T10"]
