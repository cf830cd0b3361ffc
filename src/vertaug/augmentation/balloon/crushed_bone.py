"""The strength of crushed bone against a balloon: a calibration with its range and source."""

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from vertaug.augmentation.balloon.foam_law import FoamLaw, Softening, vertebral_foam
from vertaug.augmentation.cited_table import build_from_table, read_text
from vertaug.case.errors import InputError
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
    cortex_share : CitedValue
        As ``strength_share``, of cortex, endplates and posterior elements that are not broken.
    loose_tension : CitedValue
        Share of its strength that bone of a fresh fracture has against being pulled apart, 0 to 1.
    contact_fall : CitedValue
        How fast it loses the rest as it opens (`FoamLaw.contact`); 0 or more.
    """

    strength_share: CitedValue
    residual_share: CitedValue
    softening_strain: CitedValue
    cortex_share: CitedValue
    loose_tension: CitedValue
    contact_fall: CitedValue

    def __post_init__(self) -> None:
        if not min(self.strength_share.value, self.cortex_share.value) > 0.0:
            message = "the share of the strength that a balloon meets is expected above 0; got "
            message += f"{self.strength_share.value:g}, of cortex {self.cortex_share.value:g}"
            raise InputError(message)
        if not (0.0 <= self.loose_tension.value <= 1.0 and self.contact_fall.value >= 0.0):
            message = "of a fresh fracture a share of tension from 0 to 1 and a fall of contact "
            message += f"from 0 up are expected; got {self.loose_tension.value:g} and "
            message += f"{self.contact_fall.value:g}"
            raise InputError(message)
        self._softening()

    @property
    def hard(self) -> float:
        """How many times the strength of crushed bone whole cortex has."""
        return self.cortex_share.value / self.strength_share.value

    def law(self) -> FoamLaw:
        """Return the law of bone."""
        return vertebral_foam(self.strength_share.value, self._softening(), self.contact_fall.value)

    def with_strength_share(self, value: float, source: str = "given by the user") -> "CrushedBone":
        """Return bone of another strength and no range, for samples and own fits."""
        given = replace(self.strength_share, value=value, source=source, low=None, high=None)
        return replace(self, strength_share=given)

    def _softening(self) -> Softening:
        return Softening(residual=self.residual_share.value, strain=self.softening_strain.value)


def read_crushed_bone(file: str | Path) -> CrushedBone:
    """Return the bone of a TOML file in the form of the built-in ``crushed_bone.toml``.

    Raises
    ------
    FormatError
        If it cannot be read, or a key is missing, unknown or not what is expected.
    """
    return build_from_table(read_text(Path(file)), str(file), "crushed_bone", CrushedBone)


@cache
def calibrated_bone() -> CrushedBone:
    """Return the bone as fitted to the one published end of inflation (docs/balloon.md)."""
    where = files("vertaug.augmentation.balloon").joinpath("data", "crushed_bone.toml")
    text = where.read_text("utf-8")
    return build_from_table(text, "the built-in table", "crushed_bone", CrushedBone)
