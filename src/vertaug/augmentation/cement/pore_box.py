"""The part of a body that cement can be in: a box around its pores, a sixth of the whole grid.

The grid of a body spans the arch too, which is sealed; what lies beyond a box is sealed as well.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.porous_body import PorousBody
from vertaug.case.grid import Grid
from vertaug.numerics.flow_cells import POROUS, FlowCells


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoreBox:
    """A body cut to the box around its pores.

    Attributes
    ----------
    body : PorousBody
        Cut.
    grid : Grid
        Of the whole body.
    box : tuple of 3 slice
        Where the cut body lies in the whole one.
    """

    body: PorousBody
    grid: Grid
    box: tuple[slice, slice, slice]

    def spread(self, field: NDArray[Any], outside: float = 0.0) -> NDArray[Any]:
        """Return a field of the cut body on the grid of the whole one.

        Parameters
        ----------
        field : (ni, nj, nk) array
        outside : float
            Its value beyond the box.
        """
        out = np.full(self.grid.shape, outside, dtype=field.dtype)
        out[self.box] = field
        return out


def cut_to_pores(body: PorousBody) -> PoreBox:
    """Return a body cut to the box around its pores.

    Parameters
    ----------
    body : PorousBody
    """
    porous = body.cells.region == POROUS
    edges = []
    for axis in range(3):
        along = np.flatnonzero(porous.any(axis=tuple(a for a in range(3) if a != axis)))
        edges.append((int(along[0]), int(along[-1]) + 1))
    (i, i1), (j, j1), (k, k1) = edges
    box = (slice(i, i1), slice(j, j1), slice(k, k1))
    cells = FlowCells(
        region=body.cells.region[box], spacing_mm=body.cells.spacing_mm, ratios=body.cells.ratios
    )
    cut = replace(
        body,
        grid=body.grid.crop((i, j, k), (i1, j1, k1)),
        cells=cells,
        porosity=body.porosity[box],
        permeability_mm2=body.permeability_mm2[box],
        pore_volume_mm3=body.pore_volume_mm3[box],
        links=body.links[box],
        path=body.path[box],
        thin=body.thin.moved((i, j, k)),
        exit_lps_mm=body.exit_lps_mm[box],
        shell_mm=body.shell_mm[box],
        in_body=body.in_body[box],
    )
    return PoreBox(body=cut, grid=body.grid, box=box)
