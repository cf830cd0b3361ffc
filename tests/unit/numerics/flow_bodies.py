"""Random cells for tests of flow."""

import numpy as np

from vertaug.numerics.flow_cells import OUTSIDE, POROUS, SEALED, FlowCells


def random_cells(shape, seed=0, *, spacing=(1.0, 1.0, 1.0), ratios=(1.0, 1.0, 1.0)):
    """Mostly porous cells with holes to the outside and sealed ones."""
    rng = np.random.default_rng(seed)
    region = rng.choice([OUTSIDE, POROUS, SEALED], p=[0.1, 0.75, 0.15], size=shape)
    region[tuple(n // 2 for n in shape)] = POROUS
    return FlowCells(
        region=region.astype(np.uint8), spacing_mm=np.array(spacing), ratios=np.array(ratios)
    )


def box_cells(shape, *, spacing=(1.0, 1.0, 1.0), ratios=(1.0, 1.0, 1.0)):
    """Porous cells within one layer of cells outside."""
    region = np.full(shape, OUTSIDE, dtype=np.uint8)
    region[1:-1, 1:-1, 1:-1] = POROUS
    return FlowCells(region=region, spacing_mm=np.array(spacing), ratios=np.array(ratios))


def surplus(source, flow):
    """What enters each cell and does not leave it."""
    rest = source - flow.outflow_mm3_per_s - flow.link_flow_mm3_per_s
    for axis in range(3):
        rest = rest - flow.fluxes_mm3_per_s[axis]
        after = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        before = tuple(slice(0, -1) if a == axis else slice(None) for a in range(3))
        rest[after] += flow.fluxes_mm3_per_s[axis][before]
    return rest
