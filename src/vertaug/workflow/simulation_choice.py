"""What the user chose for a simulated procedure."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vertaug.case.case_file import SimulationParameters
from vertaug.case.errors import InputError
from vertaug.case.level import parse_augmentable
from vertaug.case.plan import Procedure
from vertaug.workflow.balloon_choice import BalloonWish
from vertaug.workflow.fingerprint import hash_values
from vertaug.workflow.option_check import refuse_unfit

if TYPE_CHECKING:
    from vertaug.augmentation.cement.product import CementProduct

DEFAULT_PRODUCT = "low_viscosity"
_MOST_ML, _MOST_ML_PER_MIN, _MOST_SAMPLES = 20.0, 60.0, 1000
_SPACING_RANGE_MM = (0.5, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationChoice:
    """What the user chose.

    Attributes
    ----------
    level : str or None
        None takes the treated one.
    product, product_sha256 : str
        Its name, and the hash of all its values.
    products : str or None
        Name of the file that it came from; None for a built-in one.
    volume_ml : float or None
        None takes the cement target of the plan.
    rate_ml_per_min : float
    plan : int
        Number among the plans of the procedure, from 1.
    samples : int
        0 leaves the spread out.
    seed : int
    stop_rules : bool
        Whether the injection stops by the rules.
    spacing_mm : float
        Of the cells.
    balloon : BalloonWish or None
        Of a kyphoplasty; None for a vertebroplasty.
    """

    level: str | None = None
    product: str = DEFAULT_PRODUCT
    product_sha256: str = ""
    products: str | None = None
    volume_ml: float | None = None
    rate_ml_per_min: float = 3.0
    plan: int = 1
    samples: int = 32
    seed: int = 1
    stop_rules: bool = True
    spacing_mm: float = 1.0
    balloon: BalloonWish | None = None

    def __post_init__(self) -> None:
        if self.level is not None:
            object.__setattr__(self, "level", parse_augmentable(self.level))
        volume = 1.0 if self.volume_ml is None else self.volume_ml
        low, high = _SPACING_RANGE_MM
        checks = (
            ("--volume-ml", volume, 0.0 < volume <= _MOST_ML, f"above 0 to {_MOST_ML:g} ml"),
            (
                "--rate-ml-per-min",
                self.rate_ml_per_min,
                0.0 < self.rate_ml_per_min <= _MOST_ML_PER_MIN,
                f"above 0 to {_MOST_ML_PER_MIN:g} ml/min",
            ),
            ("--plan", self.plan, self.plan >= 1, "a number from 1"),
            (
                "--samples",
                self.samples,
                0 <= self.samples <= _MOST_SAMPLES,
                f"0 (none) to {_MOST_SAMPLES}",
            ),
            ("--seed", self.seed, self.seed >= 0, "0 or more"),
            (
                "--spacing-mm",
                self.spacing_mm,
                low <= self.spacing_mm <= high,
                f"{low:g} to {high:g} mm",
            ),
        )
        refuse_unfit(checks)

    @property
    def procedure(self) -> Procedure:
        """What is simulated."""
        return Procedure.VERTEBROPLASTY if self.balloon is None else Procedure.KYPHOPLASTY

    def as_parameters(self) -> SimulationParameters:
        """Return it as it stands in ``case.json``."""
        return SimulationParameters(procedure=self.procedure, **asdict(self))

    def injection_part(self) -> dict[str, object]:
        """Return what the one injection depends on: all but the samples."""
        return {key: value for key, value in asdict(self).items() if key != "samples"}

    def balloon_part(self) -> dict[str, object]:
        """Return what the inflation depends on."""
        names = ("level", "plan", "balloon")
        return {key: value for key, value in asdict(self).items() if key in names}


def simulation_choice_of(parameters: SimulationParameters) -> SimulationChoice:
    """Return the choice that stands in a ``case.json``."""
    choice = SimulationChoice(**parameters.model_dump(exclude={"procedure", "balloon"}))
    if parameters.balloon is None:
        return choice
    return replace(choice, balloon=BalloonWish(**parameters.balloon.model_dump()))


def choose_product(name: str, file: Path | None) -> "CementProduct":
    """Return a product, built in or of a file.

    Raises
    ------
    InputError
        If the name is unknown; the known ones are named.
    FormatError
        If the file cannot be read.
    """
    from vertaug.augmentation.cement.product import cement_product

    try:
        return cement_product(name, file=file)
    except InputError as error:
        if file is None and "unknown cement" in str(error):
            message = f"{error}; choose one with --product, or give --products FILE with your own"
            raise InputError(message) from error
        raise


def hash_product(product: "CementProduct") -> str:
    """Return the SHA-256 of all values of a product, sources included."""
    return hash_values(asdict(product))
