"""Inflatable bone tamps: sizes, limits and skin, each value with its source."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from vertaug.augmentation.balloon.surface import BalloonSurface, capsule, capsule_radius
from vertaug.augmentation.balloon.tension import BalloonSkin, unfolded
from vertaug.augmentation.cited_table import CitedTable, read_tables, read_text
from vertaug.case.errors import FormatError, InputError
from vertaug.case.grid import FloatArray
from vertaug.tissue.cited_value import CitedValue

_VALUES = ("length_mm", "folded_mm", "rated_ml", "rated_mpa", "growth_mm_per_ml", "skin_n_per_mm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balloon:
    """An inflatable bone tamp.

    Attributes
    ----------
    name, title : str
    length_mm, folded_mm : CitedValue
        Length and thickness before it is inflated.
    rated_ml, rated_mpa : CitedValue
        What the maker allows.
    growth_mm_per_ml : CitedValue
        How much longer it is when unfolded.
    skin_n_per_mm : CitedValue
        Modulus times thickness of its skin; 0 for a bag without any.
    """

    name: str
    title: str
    length_mm: CitedValue
    folded_mm: CitedValue
    rated_ml: CitedValue
    rated_mpa: CitedValue
    growth_mm_per_ml: CitedValue
    skin_n_per_mm: CitedValue

    def __post_init__(self) -> None:
        for name in _VALUES[:4]:
            value = getattr(self, name).value
            if value <= 0.0:
                message = f"{name} of balloon {self.name!r} is expected above 0; got {value:g}"
                raise InputError(message)
        for name in _VALUES[4:]:
            value = getattr(self, name).value
            if value < 0.0:
                message = f"{name} of balloon {self.name!r} is expected from 0 up; got {value:g}"
                raise InputError(message)
        if self.folded_mm.value > self.length_mm.value:
            message = f"balloon {self.name!r} is thicker than long when folded"
            raise InputError(message)

    @property
    def unfolded_length_mm(self) -> float:
        """Length at the rated volume, before the skin is stretched; a sphere's at least."""
        sphere = float(np.cbrt(6000.0 * self.rated_ml.value / np.pi))
        grown = self.length_mm.value + self.growth_mm_per_ml.value * self.rated_ml.value
        return max(grown, sphere)

    @property
    def thinnest_mm(self) -> float:
        """The least that it may measure across when folded."""
        low = self.folded_mm.low
        return self.folded_mm.value if low is None else low

    def check_volume(self, volume_ml: float) -> None:
        """Refuse a volume for which the balloon is not made.

        Raises
        ------
        InputError
            If it is not above 0 or exceeds what the balloon is rated for.
        """
        if not 0.0 < volume_ml <= self.rated_ml.value:
            message = f"balloon {self.name!r} is rated for up to {self.rated_ml.value:g} ml; "
            message += f"got {volume_ml:g} ml: ask for less, or take a balloon that holds more"
            raise InputError(message)

    def folded(self, middle_mm: FloatArray, axis: FloatArray) -> tuple[BalloonSurface, BalloonSkin]:
        """Return the folded balloon at a place, and its skin.

        Parameters
        ----------
        middle_mm, axis : (3,) float64 arrays
        """
        radius = capsule_radius(self.unfolded_length_mm, 1000.0 * self.rated_ml.value)
        full = capsule(middle_mm, axis, self.unfolded_length_mm, radius)
        folded = capsule(middle_mm, axis, self.length_mm.value, 0.5 * self.folded_mm.value)
        return folded, unfolded(full, self.skin_n_per_mm.value)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    length_mm: CitedTable
    folded_mm: CitedTable
    rated_ml: CitedTable
    rated_mpa: CitedTable
    growth_mm_per_ml: CitedTable
    skin_n_per_mm: CitedTable


def read_balloons(file: str | Path) -> dict[str, Balloon]:
    """Return the balloons of a TOML file in the form of the built-in ``balloons.toml``.

    Raises
    ------
    FormatError
        If it cannot be read, or a key is missing, unknown or not what is expected.
    """
    return _parse(read_text(Path(file)), str(file))


@cache
def known_balloons() -> dict[str, Balloon]:
    """Return the built-in balloons by name, such as "15/3"."""
    where = files("vertaug.augmentation.balloon").joinpath("data", "balloons.toml")
    return _parse(where.read_text("utf-8"), "the built-in table")


def balloon_named(name: str) -> Balloon:
    """Return a built-in balloon.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    known = known_balloons()
    if name not in known:
        message = f"there is no balloon {name!r}; known: {', '.join(known)}"
        raise InputError(message)
    return known[name]


def _parse(text: str, where: str) -> dict[str, Balloon]:
    found = {}
    for name, table in read_tables(text, where, "balloon", _Table):
        values = {key: getattr(table, key).cited() for key in _VALUES}
        try:
            found[name] = Balloon(name=name, title=table.title, **values)
        except InputError as error:
            message = f"{where}: {error}"
            raise FormatError(message) from error
    if not found:
        message = f"{where} holds no balloon"
        raise FormatError(message)
    return found
