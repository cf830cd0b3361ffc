"""Heat conduction in a box of cells with a sink (perfusion) and sources.

``C dT/dt = div(k grad T) - w (T - T_blood) + q`` by finite volumes: a face conducts as the two half
cells at it in series (exact for layers), so that what leaves a cell enters its neighbour and heat
is conserved to rounding. Time by the Runge-Kutta-Legendre method of second order (RKL2: Meyer,
Balsara, Aslam, J Comput Phys 2014;257:594): explicit and without an equation to solve, with s
stages stable up to ``(s^2 + s - 2) / 4`` times the step of Euler's method.

Units: N, mm, s, degrees C, so that heat is in mJ. 1 W/(m K) is 1 mJ/(s mm K).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_MOST_STAGES = 25
_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatBody:
    """What conducts heat.

    Attributes
    ----------
    spacing_mm : (3,) float64 array
        Of the cells.
    conductivity : (ni, nj, nk) float64 array
        mJ/(s mm K).
    capacity : (ni, nj, nk) float64 array
        Heat capacity per volume, mJ/(mm3 K).
    perfusion : (ni, nj, nk) float64 array or None
        Heat taken by the blood per volume and degree, mJ/(s mm3 K).
    blood_c : float
    held : (3, 2) bool array
        Sides of the box (axis; lower, upper) kept at ``border_c``; the others are insulated.
    border_c : float
    """

    spacing_mm: _Array
    conductivity: _Array
    capacity: _Array
    perfusion: _Array | None = None
    blood_c: float = 37.0
    held: NDArray[np.bool_]
    border_c: float = 37.0

    def __post_init__(self) -> None:
        shape = self.capacity.shape
        given = [self.conductivity, self.capacity]
        given += [] if self.perfusion is None else [self.perfusion]
        if len(shape) != 3 or any(a.shape != shape for a in given):
            message = f"fields of a body have one 3D shape; got {[a.shape for a in given]}"
            raise ValueError(message)
        if np.shape(self.spacing_mm) != (3,) or np.shape(self.held) != (3, 2):
            message = "a body has 3 spacings and 3 x 2 sides"
            raise ValueError(message)
        if not all(np.isfinite(a).all() for a in given):
            message = "the fields of a body hold values that are not finite"
            raise ValueError(message)
        if min(self.spacing_mm) <= 0.0 or self.capacity.min() <= 0.0 or self.conductivity.min() < 0:
            message = "spacing and capacity are above 0 and conductivity is not below"
            raise ValueError(message)


class HeatEquation:
    """The heat equation of a body, ready to be advanced, by one thread at a time.

    Parameters
    ----------
    body : HeatBody
    """

    def __init__(self, body: HeatBody) -> None:
        self.body = body
        from vertaug.numerics._conduction_numba import fastest_decay

        spacing = np.asarray(body.spacing_mm, dtype=np.float64)
        self._volume = float(spacing.prod())
        self._faces = _face_conductances(body.conductivity, spacing)
        self._loss, self._gain = _exchange(body, spacing)
        capacity = np.ascontiguousarray(body.capacity, np.float64)
        self._inverse: _Array = 1.0 / (capacity * self._volume)
        fastest = float(fastest_decay(self._faces, self._loss, self._inverse))
        self._rate = np.empty_like(self._inverse)
        self.explicit_s = 2.0 / max(fastest, 1e-300)
        """Longest stable step of Euler's method."""

    def advance(self, temperature_c: ArrayLike, seconds: float, source: ArrayLike = 0.0) -> _Array:
        """Return the temperatures after a step.

        Parameters
        ----------
        temperature_c : (ni, nj, nk) array
        seconds : float
            Cut into equal parts where it takes more stages than 25.
        source : array-like
            Heat per volume and time during the step, mJ/(s mm3).

        Returns
        -------
        (ni, nj, nk) float64 array
            A new one.
        """
        start = np.require(temperature_c, np.float64, ["C", "W"])
        if start.shape != self._inverse.shape:
            message = f"temperatures have shape {start.shape}, the body {self._inverse.shape}"
            raise ValueError(message)
        heat = self._volume * np.asarray(source, np.float64)
        gain = np.ascontiguousarray(self._gain + heat) if heat.any() else self._gain
        longest = self.explicit_s * _reach(_MOST_STAGES)
        parts = max(1, math.ceil(seconds / longest))
        for _ in range(parts):
            start = self._step(start, seconds / parts, gain)
        return start

    def heat_mj(self, temperature_c: ArrayLike) -> float:
        """Return the heat of the body above 0 degrees C."""
        return float((np.asarray(temperature_c, np.float64) / self._inverse).sum())

    def stages(self, seconds: float) -> int:
        """Return the number of stages (odd) of a step."""
        for number in range(3, _MOST_STAGES, 2):
            if seconds <= self.explicit_s * _reach(number):
                return number
        return _MOST_STAGES

    def _step(self, start: _Array, seconds: float, gain: _Array) -> _Array:
        from vertaug.numerics._conduction_numba import add_stage, heat_rate

        number = self.stages(seconds)
        weights = stage_weights(number)
        weights[:, 2:] *= seconds
        rate, own = self._rate, (self._faces, self._loss, self._inverse)
        heat_rate(start, self._faces, self._loss, gain, self._inverse, rate)
        before, last = np.zeros_like(start), weights[0, 2] * rate
        for row in weights[1:]:
            add_stage(last, before, rate, *own, row, before)
            before, last = last, before
        last += start
        return np.asarray(last)


def stage_weights(number: int) -> _Array:
    """Return the weights of the stages of RKL2, one row each.

    A stage is told by the change since the start: what the start itself weighs falls out, and the
    equation is linear. Columns: of the last stage's change, of that before, and, per unit of time,
    of the last change's rate and of the start's (Meyer and others 2014, equations 17 to 19; what
    they give the last stage's rate counts for the rate at the start as well).

    Parameters
    ----------
    number : int
        Of stages, at least 2.
    """
    width = 4.0 / (number**2 + number - 2.0)

    def b(j: int) -> float:
        return 1.0 / 3.0 if j < 3 else (j * j + j - 2.0) / (2.0 * j * (j + 1.0))

    out = np.zeros((number, 4))
    out[0] = [0.0, 0.0, b(1) * width, 0.0]
    for j in range(2, number + 1):
        mu = (2.0 * j - 1.0) / j * b(j) / b(j - 1)
        nu = -(j - 1.0) / j * b(j) / b(j - 2)
        rate = mu * width
        out[j - 1] = [mu, nu, rate, b(j - 1) * rate]
    return out


def _reach(stages: int) -> float:
    return 0.25 * (stages * stages + stages - 2.0)


def _face_conductances(conductivity: _Array, spacing: _Array) -> tuple[_Array, _Array, _Array]:
    """Return the conductance of each cell's face to the next one along each axis, mJ/(s K)."""
    from vertaug.numerics._conduction_numba import fill_conductances

    k = np.require(conductivity, np.float64, ["C", "W"])
    faces = np.empty_like(k), np.empty_like(k), np.empty_like(k)
    fill_conductances(k, spacing.prod() / spacing**2, faces)
    return faces


def _exchange(body: HeatBody, spacing: _Array) -> tuple[_Array, _Array]:
    """Return what cells give away per degree and take in, by blood and held sides."""
    volume = float(spacing.prod())
    loss = np.zeros(body.capacity.shape)
    if body.perfusion is not None:
        loss += volume * body.perfusion
    gain = loss * body.blood_c
    for axis in range(3):
        for side in range(2):
            if not body.held[axis, side]:
                continue
            cells = [slice(None)] * 3
            cells[axis] = slice(-1, None) if side else slice(0, 1)
            half = 2.0 * body.conductivity[tuple(cells)] * volume / spacing[axis] ** 2
            loss[tuple(cells)] += half
            gain[tuple(cells)] += half * body.border_c
    return loss, gain
