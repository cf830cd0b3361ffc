"""Products as sheets of numbers, each with its source."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vertaug.case.kyphoplasty import BalloonSheet
from vertaug.case.simulation import ProductSheet, ProductValue

if TYPE_CHECKING:
    from vertaug.augmentation.balloon.crushed_bone import CrushedBone
    from vertaug.augmentation.balloon.ligaments import SpinalLigaments
    from vertaug.augmentation.balloon.product import Balloon
    from vertaug.augmentation.cement.product import CementProduct
    from vertaug.tissue.cited_value import CitedValue

_OF_BALLOON = (
    "length_mm",
    "folded_mm",
    "rated_ml",
    "rated_mpa",
    "growth_mm_per_ml",
    "skin_n_per_mm",
)
_OF_BONE = (
    "strength_share",
    "residual_share",
    "softening_strain",
    "cortex_share",
    "loose_tension",
    "contact_fall",
)


def describe_product(product: "CementProduct") -> ProductSheet:
    """Return a cement as a sheet of numbers."""
    return ProductSheet(
        name=product.name,
        title=product.title,
        viscosity_class=str(product.viscosity_class.value),
        radiopacifier=product.radiopacifier,
        values=_values(product.quantities),
    )


def describe_balloon(balloon: "Balloon") -> BalloonSheet:
    """Return a balloon as a sheet of numbers."""
    numbers = {name: getattr(balloon, name) for name in _OF_BALLOON}
    return BalloonSheet(name=balloon.name, title=balloon.title, values=_values(numbers))


def describe_bone(bone: "CrushedBone") -> tuple[ProductValue, ...]:
    """Return how strong crushed bone is taken to be, as numbers."""
    return _values({name: getattr(bone, name) for name in _OF_BONE})


def describe_ligaments(ligaments: "SpinalLigaments") -> tuple[ProductValue, ...]:
    """Return how stiff the ligaments between two levels are taken to be, as numbers, N/mm."""
    from vertaug.augmentation.balloon.ligaments import LIGAMENTS

    return _values({f"{name}_n_per_mm": getattr(ligaments, name) for name in LIGAMENTS})


def _values(numbers: "Mapping[str, CitedValue]") -> tuple[ProductValue, ...]:
    return tuple(
        ProductValue(
            name=name,
            value=cited.value,
            low=cited.low,
            high=cited.high,
            status=str(cited.status.value),
            source=cited.source,
        )
        for name, cited in numbers.items()
    )
