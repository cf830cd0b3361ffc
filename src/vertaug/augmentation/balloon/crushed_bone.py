"""The strength of crushed bone against a balloon: a calibration with its range and source."""

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from vertaug.augmentation.balloon.foam_law import FoamLaw, Softening, vertebral_foam
from vertaug.augmentation.cited_table import CitedTable, read_one_table, read_text
from vertaug.case.errors import FormatError, InputError
from vertaug.tissue.cited_value import CitedValue


@dataclass(frozen=True, slots=True, kw_only=True)
class CrushedBone:
    """What of the uniaxial strength of cancellous bone a balloon meets.

    Attributes
    ----------
    strength_share : CitedValue
        Of the strength of the present density; above 0.
    residual_share : CitedValue
        Of that, when the bone has been crushed further; 1 for no softening.
    softening_strain : CitedValue
        Equivalent plastic strain over which it falls so far.
    """

    strength_share: CitedValue
    residual_share: CitedValue
    softening_strain: CitedValue

    def __post_init__(self) -> None:
        if not self.strength_share.value > 0.0:
            message = "the share of the strength that a balloon meets is expected above 0; got "
            message += f"{self.strength_share.value:g}"
            raise InputError(message)
        self._softening()

    def law(self) -> FoamLaw:
        """Return the law of bone."""
        return vertebral_foam(self.strength_share.value, self._softening())

    def with_strength_share(self, value: float, source: str = "given by the user") -> "CrushedBone":
        """Return bone of another strength and no range, for samples and own fits."""
        given = replace(self.strength_share, value=value, source=source, low=None, high=None)
        return replace(self, strength_share=given)

    def _softening(self) -> Softening:
        return Softening(residual=self.residual_share.value, strain=self.softening_strain.value)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    strength_share: CitedTable
    residual_share: CitedTable
    softening_strain: CitedTable


def read_crushed_bone(file: str | Path) -> CrushedBone:
    """Return the bone of a TOML file in the form of the built-in ``crushed_bone.toml``.

    Raises
    ------
    FormatError
        If it cannot be read, or a key is missing, unknown or not what is expected.
    """
    return _parse(read_text(Path(file)), str(file))


@cache
def calibrated_bone() -> CrushedBone:
    """Return the bone as fitted to the one published end of inflation (docs/balloon.md)."""
    where = files("vertaug.augmentation.balloon").joinpath("data", "crushed_bone.toml")
    return _parse(where.read_text("utf-8"), "the built-in table")


def _parse(text: str, where: str) -> CrushedBone:
    found = read_one_table(text, where, "crushed_bone", _Table)
    try:
        return CrushedBone(**found)
    except InputError as error:
        message = f"{where}: {error}"
        raise FormatError(message) from error
