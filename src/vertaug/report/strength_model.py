"""From the stored fields of a strength back to its model."""

import numpy as np

from vertaug.case.strength import StrengthField
from vertaug.mechanics.model import VertebraModel


def model_of_field(field: StrengthField, height_mm: float) -> VertebraModel:
    """Return the model of stored fields; its strengths are not kept.

    Parameters
    ----------
    field : StrengthField
    height_mm : float
        Of the body.
    """
    density = field.density_mg_per_ml
    return VertebraModel(
        grid=field.grid,
        bone_mpa=field.bone_mpa.astype(np.float64),
        filler_mpa=field.filler_mpa.astype(np.float64),
        strength_mpa=np.full(field.grid.shape, np.inf),
        anisotropic=field.anisotropic,
        superior_nodes=field.superior_nodes,
        inferior_nodes=field.inferior_nodes,
        height_mm=height_mm,
        density_mg_per_ml=None if density is None else density.astype(np.float64),
    )
