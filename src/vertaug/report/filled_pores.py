"""How full of cement the pores of a vertebra are, and where its cortex begins."""

import numpy as np

from vertaug.case.filling import Filling, FillingFrame
from vertaug.case.grid import FloatArray

CORTEX_MM = 0.45
"""Of cortex and endplates nothing is drawn as cement: about the 0.46 mm of the walls that the model
finds in the CT of the phantom's L1 (docs/cement_bone.md); a design default."""


def pore_filling(filling: Filling, frame: FillingFrame) -> FloatArray:
    """Return how full of cement the pores of each cell are, 0 to 1.

    Halfway between full and empty cells lies their common face, so the half full level is the
    edge of the cells. Where pores are not stored, those of the body in the mean are taken.

    Parameters
    ----------
    filling : Filling
    frame : FillingFrame
    """
    cement = np.asarray(frame.cement_share, dtype=np.float64)
    pores = (
        np.full(cement.shape, filling.pore_volume_mm3 / filling.body_volume_mm3)
        if filling.pore_share is None
        else np.asarray(filling.pore_share, dtype=np.float64)
    )
    out = np.divide(cement, pores, out=np.zeros_like(cement), where=pores > 0.0)
    return np.asarray(np.clip(out, 0.0, 1.0))


def within_cortex(bone_share: FloatArray) -> FloatArray:
    """Move the level of a half from the surface of the bone to the inner side of its cortex.

    Parameters
    ----------
    bone_share : float64 array
        As `Vertebra.occupancy`, which rises from 0 to 1 over 1 mm; 0.5 is the surface.
    """
    return np.asarray(bone_share - CORTEX_MM)
