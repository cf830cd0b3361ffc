"""The pressure of a liquid that is pressed into porous cells, and the flow it drives.

Darcy's law on cells: two-point fluxes with the mobilities of two neighbours in series, solved by
conjugate gradients with a multigrid cycle. The flow is balanced afterwards, so that it conserves
volume to rounding however small the solver's residual is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.numerics.conjugate_gradients import StoppingRule, solve_conjugate_gradients
from vertaug.numerics.darcy_levels import DarcyMultigrid
from vertaug.numerics.flow_cells import OUTSIDE, POROUS, SEALED, FlowCells
from vertaug.numerics.solver_status import SolverReport, SolverStatus
from vertaug.numerics.thread_limit import few_threads

FloatArray = NDArray[np.float64]


class NoOutletError(ArithmeticError):
    """A liquid is pressed into cells that nothing can leave: no pressure is enough."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PressureSolution:
    """Pressure and flow in the cells of a box.

    Attributes
    ----------
    pressure_mpa : (ni, nj, nk) float64 array
        0 where a cell is not porous.
    fluxes : (3, ni, nj, nk) float64 array
        From each cell to the next one along each axis, mm3/s.
    outflow : (ni, nj, nk) float64 array
        From each cell to cells outside, mm3/s.
    link_flow : (ni, nj, nk) float64 array
        From each cell through its link, mm3/s.
    speed_mm_per_s : (ni, nj, nk) float64 array
        Flow by area (speed of filtration) at the centre of each cell.
    solver : SolverReport
        Whether it can be used.
    """

    pressure_mpa: FloatArray
    fluxes: FloatArray
    outflow: FloatArray
    link_flow: FloatArray
    speed_mm_per_s: FloatArray
    solver: SolverReport


class DarcySolver:
    """Solves for the pressure in one set of cells again and again, for changing mobilities.

    The memory of its levels is kept from step to step; a solver must not be used by two threads
    at a time.

    Parameters
    ----------
    cells : FlowCells
    """

    def __init__(self, cells: FlowCells) -> None:
        self._cells = cells
        self._multigrid = DarcyMultigrid(cells)
        shape = self._multigrid.fine.p.shape
        self._mobility, self._links, self._source, self._diagonal = np.zeros((4, *shape))
        self._faces = np.zeros((3, *shape))
        self._region = np.full(shape, SEALED, dtype=np.uint8)
        self._inner = tuple(slice(1, n + 1) for n in cells.shape)
        self._pieces = _Pieces(cells)
        self._ways = np.full(shape, -1, dtype=np.int8)
        self._order = np.zeros(0, dtype=np.int64)
        self._linked: NDArray[np.bool_] | None = None

    def solve(
        self,
        mobility: FloatArray,
        source: FloatArray,
        *,
        links: FloatArray | None = None,
        start_mpa: FloatArray | None = None,
        limits: tuple[float, int] = (1e-6, 100),
    ) -> PressureSolution:
        """Return the pressure that drives a source out of the cells.

        Parameters
        ----------
        mobility : (ni, nj, nk) float64 array
            Permeability by viscosity in mm2/(MPa s), positive where a cell is porous.
        source : (ni, nj, nk) float64 array
            What is pressed into each cell in mm3/s; 0 where it is not porous.
        links : (ni, nj, nk) float64 array, optional
            Conductance of each cell in mm3/(s MPa) to somewhere at pressure 0, such as a vein
            thinner than a cell. Default: none.
        start_mpa : (ni, nj, nk) float64 array, optional
            A first guess, such as the last pressure. Default: 0.
        limits : (float, int)
            Tolerance of the residual relative to the source (2-norms), and iterations at most.

        Raises
        ------
        NoOutletError
            If a source lies in a piece of porous cells with neither a neighbour outside nor a
            link.
        ValueError
            If a field has another shape, or values that it cannot have.
        """
        self._take(mobility, source, links)
        self._fill_operator()
        pressure = np.zeros_like(self._source)
        if start_mpa is not None:
            self._check_shape("start_mpa", start_mpa)
            porous = self._region[self._inner] == POROUS
            pressure[self._inner] = np.where(porous, start_mpa, 0.0)
        report = self._iterate(pressure, limits)
        return self._flow(pressure, report)

    def _take(self, mobility: FloatArray, source: FloatArray, links: FloatArray | None) -> None:
        """Check the fields and copy them into arrays with ghosts."""
        given = np.zeros(self._cells.shape) if links is None else links
        for name, field in (("mobility", mobility), ("source", source), ("links", given)):
            self._check_shape(name, field)
        porous = self._cells.region == POROUS
        # written so that what is not a number fails too
        if not np.all((mobility > 0.0) & (mobility < np.inf) | ~porous):
            message = "mobility has to be positive and finite in every porous cell"
            raise ValueError(message)
        if not np.all(np.isfinite(source) & ((source == 0.0) | porous)):
            message = "source has to be finite, and 0 where cells are not porous"
            raise ValueError(message)
        if not np.all((given >= 0.0) & (given < np.inf)):
            message = "links have to be finite and at least 0"
            raise ValueError(message)
        open_cells = self._pieces.open_cells(given)
        if np.any((source != 0.0) & ~open_cells):
            count = int(((source != 0.0) & ~open_cells).sum())
            message = (
                f"no boundary to displace marrow through: {count} cells of the source lie in a "
                "piece of porous cells with neither a neighbour outside nor a link"
            )
            raise NoOutletError(message)
        self._mark(open_cells, given)
        self._mobility[self._inner] = np.where(open_cells, mobility, 0.0)
        self._links[self._inner] = np.where(open_cells, given, 0.0)
        self._source[self._inner] = source

    def _check_shape(self, name: str, field: FloatArray) -> None:
        if np.shape(field) != self._cells.shape:
            message = f"{name} has to be of shape {self._cells.shape}; got {np.shape(field)}"
            raise ValueError(message)

    def _mark(self, open_cells: NDArray[np.bool_], links: FloatArray) -> None:
        """Renew what depends only on which cells are porous and linked."""
        from vertaug.numerics._balance_numba import grow_tree

        linked = (links > 0.0) & open_cells
        if self._linked is not None and np.array_equal(linked, self._linked):
            return
        self._linked = linked
        closed = (self._cells.region == POROUS) & ~open_cells
        self._region[self._inner] = np.where(closed, SEALED, self._cells.region)
        self._multigrid.mark(self._region == POROUS)
        marks = np.zeros(self._region.shape)
        marks[self._inner] = linked
        order = np.zeros(int(open_cells.sum()), dtype=np.int64)
        count = grow_tree(self._region, marks, order, self._ways)
        self._order = order[:count]

    def _fill_operator(self) -> None:
        from vertaug.numerics._darcy_numba import add_faces, fill_faces

        fine, shares = self._multigrid.fine, self._cells.shares_mm
        with few_threads(self._source.size):
            fill_faces(
                self._mobility,
                self._region,
                shares,
                self._links,
                self._faces,
                fine.outlets,
                self._diagonal,
            )
            add_faces(self._faces, self._diagonal, fine.inverse)
        for own, single in (
            (self._faces, fine.faces),
            (self._diagonal, fine.diagonal),
            (self._links, fine.links),
            (self._mobility, fine.mobility),
        ):
            single[...] = own
        self._multigrid.prepare()

    def _iterate(self, pressure: FloatArray, limits: tuple[float, int]) -> SolverReport:
        from vertaug.numerics._darcy_numba import multiply
        from vertaug.numerics._vector_numba import dot

        source = self._source.reshape(-1)
        scale = float(np.sqrt(dot(source, source)))
        if scale == 0.0:
            pressure[...] = 0.0
            return SolverReport(status=SolverStatus.CONVERGED, iterations=0, residuals=(0.0,))
        fine = self._multigrid.fine

        def apply(p: FloatArray, out: FloatArray) -> float:
            return float(multiply(p, self._faces, self._diagonal, fine.rows, out))

        residual = np.zeros_like(pressure)
        with few_threads(self._source.size):
            apply(pressure, residual)
            np.subtract(self._source, residual, out=residual)
            return solve_conjugate_gradients(
                apply,
                self._multigrid.cycle,
                (pressure, residual),
                fine.b,
                rule=StoppingRule(scale=scale, tolerance=limits[0], iterations=limits[1]),
            )

    def _flow(self, pressure: FloatArray, report: SolverReport) -> PressureSolution:
        from vertaug.numerics._balance_numba import balance
        from vertaug.numerics._darcy_numba import fill_flow

        fluxes = np.zeros_like(self._faces)
        outflow, speed = np.zeros_like(pressure), np.zeros_like(pressure)
        through = self._links * pressure
        with few_threads(self._source.size):
            fill_flow(
                pressure,
                self._mobility,
                self._region,
                self._cells.shares_mm,
                self._cells.areas_mm2,
                self._faces,
                fluxes,
                outflow,
                speed,
            )
        if report.converged:
            balance(self._source, self._order, self._ways, fluxes, outflow, through)
        return PressureSolution(
            pressure_mpa=self._cut(pressure),
            fluxes=self._cut(fluxes),
            outflow=self._cut(outflow),
            link_flow=self._cut(through),
            speed_mm_per_s=self._cut(speed),
            solver=report,
        )

    def _cut(self, field: FloatArray) -> FloatArray:
        """Return a field without ghosts, read-only."""
        i, j, k = self._inner
        out = field[..., i, j, k].copy()
        out.flags.writeable = False
        return out


class _Pieces:
    """Which cells hang together and can be left."""

    def __init__(self, cells: FlowCells) -> None:
        from scipy.ndimage import label

        self._labels, count = label(cells.region == POROUS)
        self._outside = np.zeros(count + 1, dtype=np.bool_)
        outside = cells.region == OUTSIDE
        for axis in range(3):
            before = tuple(slice(0, -1) if a == axis else slice(None) for a in range(3))
            after = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
            self._outside[self._labels[before][outside[after]]] = True
            self._outside[self._labels[after][outside[before]]] = True

    def open_cells(self, links: FloatArray) -> NDArray[np.bool_]:
        """Return the porous cells from which there is a way out."""
        out = self._outside.copy()
        out[self._labels[links > 0.0]] = True
        out[0] = False
        return np.asarray(out[self._labels])
