"""Small models with known answers."""

import numpy as np

from vertaug.case.grid import Grid
from vertaug.mechanics.model import VertebraModel, nodes_of_faces


def make_block(
    shape=(4, 5, 6), modulus=100.0, *, spacing=(1.0, 1.0, 1.0), strength=1.0, filler=None, **changes
):
    """A block that fills its grid; arrays are taken for moduli."""
    bone = np.broadcast_to(np.asarray(modulus, dtype=np.float64), shape).copy()
    other = np.zeros(shape) if filler is None else np.asarray(filler, dtype=np.float64)
    filled = (bone > 0) | (other > 0)
    ends = {}
    if "superior_nodes" not in changes:
        ends = {
            "superior_nodes": nodes_of_faces(filled, upper=True),
            "inferior_nodes": nodes_of_faces(filled, upper=False),
        }
    given = ends | {
        "grid": Grid(shape=shape, affine=np.diag([*spacing, 1.0])),
        "bone_mpa": bone,
        "filler_mpa": other,
        "strength_mpa": np.where(filled, strength, np.inf),
        "anisotropic": False,
        "height_mm": float(shape[2] * spacing[2]),
    }
    return VertebraModel(**(given | changes))
