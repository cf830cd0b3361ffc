"""What X-rays meet in a cement."""

from vertaug.augmentation.cement.product import CementProduct
from vertaug.case.errors import InputError
from vertaug.tissue.material import RADIOPACIFIERS, Material, bone_cement


def xray_material(product: CementProduct) -> Material:
    """Return the material of a product: PMMA with its radiopacifier.

    Parameters
    ----------
    product : CementProduct

    Raises
    ------
    InputError
        If the attenuation of its radiopacifier is not tabulated.
    """
    if product.radiopacifier not in RADIOPACIFIERS:
        known = ", ".join(RADIOPACIFIERS)
        message = (
            f"cement {product.name!r}: no attenuation of {product.radiopacifier!r} is tabulated; "
            f"known radiopacifiers: {known}"
        )
        raise InputError(message)
    return bone_cement(product.radiopacifier_mass_share.value, product.radiopacifier)
