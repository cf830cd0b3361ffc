"""Carrying cement through the pores with a sharp front.

Explicit steps, as short as the flow asks for: the cell upwind, then as much of what has been
smeared is sent on as makes no new extreme (Zalesak 1979). What leaves a cell enters another one,
and the saturation stays within 0 and 1 without being cut, because the flow conserves volume to
rounding (`numerics.darcy_multigrid`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics._transport_reference import TRACE
from vertaug.numerics.darcy_multigrid import PressureSolution
from vertaug.numerics.flow_cells import POROUS, FlowCells
from vertaug.numerics.thread_limit import few_threads

FloatArray = NDArray[np.float64]

_COURANT = 0.4
"""Largest part of a cell's pores that flows through it in a step."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransportStep:
    """Where the cement is after some time.

    Attributes
    ----------
    saturation : (ni, nj, nk) float64 array
        Share of cement in the pores of each cell.
    leaked_mm3 : (ni, nj, nk) float64 array
        Cement that has left each cell to cells outside.
    through_links_mm3 : (ni, nj, nk) float64 array
        Cement that has left each cell through its link.
    substeps : int
    """

    saturation: FloatArray
    leaked_mm3: FloatArray
    through_links_mm3: FloatArray
    substeps: int


def advance_saturation(  # noqa: PLR0917 - what flows, where, and for how long
    cells: FlowCells,
    saturation: FloatArray,
    flow: PressureSolution,
    source: FloatArray,
    pore_volume_mm3: FloatArray,
    seconds: float,
    *,
    viscosity_ratio: float = 0.0,
) -> TransportStep:
    """Return the saturation after some time of a steady flow.

    Parameters
    ----------
    cells : FlowCells
    saturation : (ni, nj, nk) float64 array
        Share of cement in the pores; between 0 and 1.
    flow : PressureSolution
        A converged one, of this source.
    source : (ni, nj, nk) float64 array
        Cement that enters each cell, mm3/s; at least 0.
    pore_volume_mm3 : (ni, nj, nk) float64 array
        Positive where a cell is porous.
    seconds : float
    viscosity_ratio : float
        Cement's by marrow's, for the fractional flow of squared relative permeabilities
        (Buckley and Leverett), carried without sharpening. Default 0: a piston, cement flows in
        the share in which it is there.

    Raises
    ------
    ValueError
        If a field has another shape or values that it cannot have, or the pressure has not
        converged.
    """
    _check(cells, saturation, flow, source, pore_volume_mm3)
    state = _State(cells, saturation, flow, source, pore_volume_mm3)
    steepest = _steepest_flow(viscosity_ratio)
    left, substeps = float(seconds), 0
    while left > 0.0:
        with few_threads(state.size):
            step = min(left, _COURANT / max(state.fastest() * steepest, 1e-300))
            # two last steps of equal length rather than a whole one and a tiny one
            if step < left < 2.0 * step:
                step = left / 2.0
            state.step(step, viscosity_ratio)
        left = 0.0 if step >= left else left - step
        substeps += 1
    return TransportStep(
        saturation=state.cut(state.saturation),
        leaked_mm3=state.cut(state.leaked),
        through_links_mm3=state.cut(state.through),
        substeps=substeps,
    )


def _check(
    cells: FlowCells,
    saturation: FloatArray,
    flow: PressureSolution,
    source: FloatArray,
    pores: FloatArray,
) -> None:
    for name, field in (("saturation", saturation), ("source", source), ("pore volume", pores)):
        if np.shape(field) != cells.shape:
            message = f"{name} has to be of shape {cells.shape}; got {np.shape(field)}"
            raise ValueError(message)
    if not flow.solver.converged:
        message = f"the pressure cannot be used: {flow.solver.describe()}"
        raise ValueError(message)
    porous = cells.region == POROUS
    # written so that what is not a number fails too
    if not np.all((saturation >= 0.0) & (saturation <= 1.0)):
        message = "saturation has to lie between 0 and 1"
        raise ValueError(message)
    if not np.all((source >= 0.0) & (source < np.inf)):
        message = "a source of cement has to be finite and at least 0"
        raise ValueError(message)
    if not np.all((pores > 0.0) & (pores < np.inf) | ~porous):
        message = "pore volume has to be positive and finite in every porous cell"
        raise ValueError(message)


def _steepest_flow(ratio: float) -> float:
    """Return the largest slope of the fractional flow over the saturation."""
    if ratio <= 0.0:
        return 1.0
    s = np.linspace(0.0, 1.0, 2001)
    f = s**2 / (s**2 + ratio * (1.0 - s) ** 2)
    return 1.02 * float(np.diff(f).max() / s[1])


class _State:
    """Fields with ghosts, and the box of cells that cement can be in after the next step."""

    def __init__(
        self,
        cells: FlowCells,
        saturation: FloatArray,
        flow: PressureSolution,
        source: FloatArray,
        pores: FloatArray,
    ) -> None:
        porous = cells.region == POROUS
        self._spacing = cells.spacing_mm.copy()
        self.saturation = np.pad(np.where(porous, saturation, 0.0), 1)
        self._pores = np.pad(np.where(porous, pores, 0.0), 1)
        self._source = np.pad(source.astype(np.float64), 1)
        self._fluxes = np.pad(flow.fluxes, ((0, 0), (1, 1), (1, 1), (1, 1)))
        self._outflow = np.pad(flow.outflow, 1)
        self._links = np.pad(flow.link_flow, 1)
        self._low, self.leaked, self.through = np.zeros((3, *self._pores.shape))
        self._corrections = np.zeros_like(self._fluxes)
        self._allowances = np.zeros((2, *self._pores.shape))
        self._box = self._find_box()

    def _find_box(self) -> NDArray[np.int64]:
        """Return the box of the cells that cement flows from, with one more on each side."""
        reached = (self.saturation > TRACE) | (self._source > 0.0)
        box = []
        for axis in range(3):
            others = tuple(a for a in range(3) if a != axis)
            found = np.flatnonzero(reached.any(axis=others))
            box += [int(found[0]), int(found[-1]) + 1] if found.size else [1, 1]
        out = np.array(box, dtype=np.int64)
        return self._grow(out) if out[1] > out[0] else out

    def _grow(self, box: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the box with one more cell on each side: a step reaches no further."""
        low = np.maximum(box[::2] - 1, 1)
        high = np.minimum(box[1::2] + 1, np.array(self._pores.shape) - 1)
        return np.stack([low, high], axis=1).reshape(-1)

    @property
    def size(self) -> int:
        """Cells that are worked on."""
        return int(np.prod(self._box[1::2] - self._box[::2]))

    def fastest(self) -> float:
        """Return the largest flow through a cell by its pore volume, 1/s."""
        from vertaug.numerics._transport_numba import fastest

        return float(
            fastest(
                self.saturation,
                self._fluxes,
                self._outflow,
                self._links,
                self._source,
                self._pores,
                self._box,
            )
        )

    def step(self, seconds: float, ratio: float) -> None:
        """Take one explicit step."""
        from vertaug.numerics._transport_numba import (
            add_corrections,
            fill_allowances,
            fill_corrections,
            fill_upwind,
        )

        s, pores, box = self.saturation, self._pores, self._grow(self._box)
        fill_upwind(
            s,
            self._fluxes,
            self._outflow,
            self._links,
            self._source,
            pores,
            box,
            seconds,
            ratio,
            self._low,
            self.leaked,
            self.through,
        )
        if ratio > 0.0:
            self.saturation, self._low = self._low, self.saturation
        else:
            moved, allowed = self._corrections, self._allowances
            fill_corrections(s, self._fluxes, pores, self._spacing, box, seconds, moved)
            fill_allowances(s, self._low, pores, moved, box, allowed)
            add_corrections(self._low, pores, moved, allowed, box, s)
        # never smaller than before: what lies outside has no old corrections
        found = self._find_box()
        self._box[::2] = np.minimum(self._box[::2], found[::2])
        self._box[1::2] = np.maximum(self._box[1::2], found[1::2])

    @staticmethod
    def cut(field: FloatArray) -> FloatArray:
        """Return a field without ghosts, read-only."""
        out = field[1:-1, 1:-1, 1:-1].copy()
        out.flags.writeable = False
        return out
