"""What is kept of an injection: curves, frames, and leaks."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.filling_measures import LEAK_CODES
from vertaug.augmentation.cement.injection_state import CementInBone
from vertaug.augmentation.cement.porous_body import PorousBody
from vertaug.case.filling import LEAK_PATHS, Extravasation, FillingFrame, InjectionCurve
from vertaug.case.grid import FloatArray

_FRAMES = 8
_KEPT = 32
"""Frames kept on the way, so that eight at about equal volumes are left wherever it ends."""
_TRACE_MM3 = 1e-3
"""Less is rounding and the foot of a front, not a leak."""
_ONE_EXIT_MM = 3.0
"""Cement that leaves within this distance counts as of one place: the radius of 0.1 ml."""


class InjectionLog:
    """Keeps an injection step by step.

    Parameters
    ----------
    body : PorousBody
    planned_mm3 : float
    """

    def __init__(self, body: PorousBody, planned_mm3: float) -> None:
        self._grid, self._outlets = body.grid, body.outlets()
        self._every = planned_mm3 / _KEPT
        self._rows: list[tuple[float, ...]] = [(0.0,) * 6]
        self._leaked: list[FloatArray] = [np.zeros(len(LEAK_PATHS))]
        self._frames: list[FillingFrame] = []
        self._first: dict[int, tuple[float, float, FloatArray]] = {}
        self._left = np.zeros(len(self._outlets.path))

    def rest(self, state: CementInBone, portion: int) -> None:
        """Keep that nothing is injected until now."""
        self._rows.append((state.time_s, state.injected_mm3, 0.0, 0.0, 0.0, float(portion)))
        self._leaked.append(state.leaked_mm3)

    def record(
        self,
        state: CementInBone,
        left_mm3: FloatArray,
        *,
        rate_mm3_per_s: float,
        pressures_mpa: tuple[float, float],
        portion: int,
    ) -> None:
        """Keep a step.

        Parameters
        ----------
        state : CementInBone
            After it.
        left_mm3 : (outlets,) float64 array
            Cement that has left the bone by each outlet in it.
        rate_mm3_per_s : float
        pressures_mpa : (float, float)
            At the tip and at the syringe.
        portion : int
        """
        row = (state.time_s, state.injected_mm3, rate_mm3_per_s, *pressures_mpa, float(portion))
        self._rows.append(row)
        self._leaked.append(state.leaked_mm3)
        if state.injected_mm3 >= self._every * (len(self._frames) + 1) - 1e-6:
            self._frames.append(_frame(state))
        self._left += left_mm3
        self._note_first(state, left_mm3)

    def _note_first(self, state: CementInBone, left_mm3: FloatArray) -> None:
        for number in np.flatnonzero(state.leaked_mm3 > _TRACE_MM3):
            if int(number) in self._first:
                continue
            own = np.where(self._outlets.path == LEAK_CODES[number], left_mm3, 0.0)
            place = self._place(int(own.argmax()))
            self._first[int(number)] = (state.time_s, state.injected_mm3, place)

    def _place(self, outlet: int) -> FloatArray:
        """Return the middle of the cell of an outlet, LPS mm."""
        return self._grid.to_world(self._outlets.cell[outlet].astype(np.float64))

    def curve(self) -> InjectionCurve:
        """Return volumes and pressures over time."""
        time, injected, rate, tip, syringe, portion = np.array(self._rows).T
        return InjectionCurve(
            time_s=time,
            injected_mm3=injected,
            rate_mm3_per_s=rate,
            tip_mpa=tip,
            syringe_mpa=syringe,
            leaked_mm3=np.array(self._leaked),
            portion=portion.astype(np.int64),
        )

    def frames(
        self, state: CementInBone, spread: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    ) -> tuple[FillingFrame, ...]:
        """Return frames at about equal volumes, the last one as it is now.

        Parameters
        ----------
        state : CementInBone
        spread : callable
            From the grid of the state to that of the result.
        """
        last = _frame(state)
        kept = [f for f in self._frames if f.injected_mm3 < last.injected_mm3 - 1e-6]
        volumes = np.array([f.injected_mm3 for f in kept])
        chosen: list[int] = []
        for share in np.arange(1, _FRAMES) / _FRAMES:
            if len(volumes):
                nearest = int(np.abs(volumes - share * last.injected_mm3).argmin())
                chosen += [nearest] if nearest not in chosen else []
        frames = [*(kept[n] for n in chosen), last]
        return tuple(replace(f, cement_share=spread(f.cement_share)) for f in frames)

    def leaks(self) -> tuple[Extravasation, ...]:
        """Return the paths that took cement."""
        curve = self.curve()
        steps = np.diff(curve.time_s)
        rates = np.diff(curve.leaked_mm3, axis=0) / np.where(steps > 0.0, steps, np.inf)[:, None]
        leaks = []
        for number, first in sorted(self._first.items()):
            leak = Extravasation(
                path=LEAK_PATHS[number],
                volume_mm3=float(curve.leaked_mm3[-1, number]),
                first_s=first[0],
                first_injected_mm3=first[1],
                first_lps_mm=first[2],
                largest_rate_mm3_per_s=float(rates[:, number].max()),
            )
            leaks.append(self._add_exit(leak, number))
        return tuple(leaks)

    def _add_exit(self, leak: Extravasation, number: int) -> Extravasation:
        """Return a leak with the place where most of it left: within 3 mm, in the mean."""
        from scipy.spatial import cKDTree

        known = np.isfinite(self._outlets.exit_lps_mm).all(axis=-1)
        chosen = np.flatnonzero(
            (self._outlets.path == LEAK_CODES[number]) & (self._left > 0.0) & known
        )
        if len(chosen) == 0:
            return leak
        volume, exits = self._left[chosen], self._outlets.exit_lps_mm[chosen]
        near = cKDTree(exits).query_ball_point(exits, _ONE_EXIT_MM)
        most = max(near, key=lambda group: float(volume[group].sum()))
        middle = np.average(exits[most], axis=0, weights=volume[most])
        away = np.linalg.norm(exits[most] - middle, axis=1)
        inlet = int(chosen[most[int(volume[most].argmax())]])
        return replace(
            leak,
            exit_lps_mm=exits[most[int(away.argmin())]],
            inlet_lps_mm=self._place(inlet),
            exit_share=float(volume[most].sum() / volume.sum()),
        )


def _frame(state: CementInBone) -> FillingFrame:
    share: NDArray[np.float32] = state.cement_share.astype(np.float32)
    return FillingFrame(time_s=state.time_s, injected_mm3=state.injected_mm3, cement_share=share)
