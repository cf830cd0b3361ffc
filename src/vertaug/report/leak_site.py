"""Where in a vertebral body a leak leaves it, in the words of the table."""

import numpy as np

from vertaug.case.filling import Filling
from vertaug.case.grid import FloatArray

_SIDES = ("right", "midline", "left")
_DEPTHS = ("anterior", "mid-depth", "posterior")
_HEIGHTS = ("lower third", "middle third", "upper third")
_BEHIND_MM = 2.0
"""Behind the body by more than this a place lies in a pedicle."""


def leak_site(filling: Filling, place_lps_mm: FloatArray) -> str:
    """Return the thirds of the body, such as ``left, anterior, upper third``.

    Width and depth are those of the whole body, the height that of the body at the nearest place.

    Parameters
    ----------
    filling : Filling
        Its grid has the axes left, posterior and superior of the vertebra.
    place_lps_mm : (3,) float64 array
    """
    x, y, z = filling.grid.to_index(place_lps_mm)
    columns = np.argwhere(filling.in_body.any(axis=2))
    (left, front), (right, back) = columns.min(axis=0), columns.max(axis=0)
    near = columns[np.linalg.norm(columns - (x, y), axis=1).argmin()]
    layers = np.flatnonzero(filling.in_body[tuple(near)])
    depth = _third(y, front, back, _DEPTHS)
    if (y - back) * filling.grid.spacing_mm[1] > _BEHIND_MM:
        depth = "behind the body"
    return ", ".join(
        (_third(x, left, right, _SIDES), depth, _third(z, layers[0], layers[-1], _HEIGHTS))
    )


def _third(value: float, first: int, last: int, names: tuple[str, str, str]) -> str:
    """Return the name of the third of cells ``first`` to ``last`` in which an index lies."""
    share = (value - first + 0.5) / (last - first + 1)
    return names[int(np.clip(np.floor(3.0 * share), 0, 2))]
