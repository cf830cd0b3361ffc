"""Cement that hardens and heats what is around it.

The heat equation of the box is advanced together with the cure of the cement in it, by Strang's
splitting (SIAM J Numer Anal 1968;5:506): half a step of cure without conduction, a step of
conduction with blood, half a step of cure. Second order in time; heat is kept to rounding.

Left out: heat carried by flowing cement, the monomer's evaporation, shrinkage, and vessels that one
would see singly.
"""

from dataclasses import dataclass

import numpy as np

from vertaug.augmentation.cement.cure import advance_cure, degree_after_s
from vertaug.augmentation.cement.heat_scene import HeatScene, mixture_of
from vertaug.augmentation.cement.product import CementProduct
from vertaug.augmentation.cement.thermal_dose import BURN_C, ThermalDose
from vertaug.case.errors import InputError
from vertaug.case.filling import TissueHeat
from vertaug.case.grid import FloatArray, read_only
from vertaug.numerics.conduction import HeatEquation

_GROWTH = 1.5
_SET_DEGREE = 0.5
_STILL = 0.1
"""Of the wanted change: what cure warms by less of is left to cool (design default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HardeningSchedule:
    """Clock and steps.

    Attributes
    ----------
    age_s : float or (ni, nj, nk) array
        Of the cement at the start, from mixing; each place its own where portions differ.
    cement_c : float
        Of the cement since mixing (``age_s`` is time at this temperature) and, without
        ``start_c``, at the start.
    start_c : (ni, nj, nk) array or None
        Temperatures at the start; None: cement at ``cement_c`` mixed with tissue at body
        temperature.
    seconds : float
        How long to follow it.
    first_step_s, longest_step_s : float
        The step grows by half at most, and keeps the fastest change near ``rise_c``.
    cooling_step_s : float
        Longest step once the cement is set and its cure warms no place by a tenth of ``rise_c``
        in a step: nothing is left that could run away.
    rise_c : float
        Largest change of temperature in a step that is aimed at.
    """

    age_s: float | FloatArray = 480.0
    cement_c: float = 22.0
    start_c: FloatArray | None = None
    seconds: float = 1500.0
    first_step_s: float = 0.5
    longest_step_s: float = 10.0
    cooling_step_s: float = 20.0
    rise_c: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 < self.first_step_s <= self.longest_step_s <= self.seconds:
            message = (
                "expected 0 < first_step_s <= longest_step_s <= seconds; got "
                f"{self.first_step_s:g}, {self.longest_step_s:g}, {self.seconds:g}"
            )
            raise InputError(message)
        if not np.min(self.age_s) >= 0.0:
            message = f"the age of cement is expected at 0 or above; got {np.min(self.age_s):g} s"
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hardening:
    """How the cement hardened.

    Attributes
    ----------
    times_s : (n,) array
        From the start; the first is 0.
    degree_mean : (n,) array
        Of the cement, by volume.
    cement_peak_c : (n,) array
        Hottest voxel with cement over time.
    peak_c : (ni, nj, nk) array
        Largest temperature of each voxel.
    temperature_c, degree : (ni, nj, nk) arrays
        At the end; degree is 0 where there is no cement.
    regions : dict of TissueHeat
    set_s : float or None
        From the start until half of the cure is done, on the mean; None where it is not reached.
    """

    times_s: FloatArray
    degree_mean: FloatArray
    cement_peak_c: FloatArray
    peak_c: FloatArray
    temperature_c: FloatArray
    degree: FloatArray
    regions: dict[str, TissueHeat]
    set_s: float | None


def harden(
    scene: HeatScene, product: CementProduct, schedule: HardeningSchedule | None = None
) -> Hardening:
    """Follow cement until it is hard and cool.

    Parameters
    ----------
    scene : HeatScene
        Sides that are held should be 15 mm or more from the cement in a patient: heat travels that
        far in about 5 min.
    product : CementProduct
    schedule : HardeningSchedule, optional

    Returns
    -------
    Hardening
    """
    schedule = schedule or HardeningSchedule()
    state = _State(scene, product, schedule)
    seconds, step = 0.0, schedule.first_step_s
    while seconds < schedule.seconds - 1e-9:
        step = min(step, schedule.seconds - seconds)
        change, cured = state.advance(step)
        seconds += step
        wanted = step * min(schedule.rise_c / max(change, 1e-12), _GROWTH)
        longest = schedule.longest_step_s
        if state.is_set and cured < _STILL * schedule.rise_c:
            longest = max(longest, schedule.cooling_step_s)
        step = float(np.clip(wanted, schedule.first_step_s, longest))
    return state.result()


def _checked_start(scene: HeatScene, start_c: FloatArray) -> FloatArray:
    start = np.array(start_c, dtype=np.float64)
    if start.shape != scene.cement.shape or not np.isfinite(start).all():
        message = (
            f"temperatures at the start are expected as numbers of shape {scene.cement.shape}; "
            f"got shape {start.shape}"
        )
        raise InputError(message)
    return start


class _State:
    """Temperatures, degrees and doses between steps."""

    def __init__(
        self, scene: HeatScene, product: CementProduct, schedule: HardeningSchedule
    ) -> None:
        mixture = mixture_of(scene, product)
        body = mixture.body(scene.cement)
        self._equation = HeatEquation(body)
        self._scene, self._kinetics = scene, product.kinetics
        self._cells = np.flatnonzero(scene.cement)
        self._share = scene.cement.ravel()[self._cells]
        heat = product.density_g_per_ml.value * product.heat_kj_per_kg.value
        capacity = body.capacity.ravel()[self._cells]
        self._heating = self._share * heat / capacity
        age = np.broadcast_to(schedule.age_s, scene.cement.shape).ravel()[self._cells]
        self._degree = degree_after_s(self._kinetics, age, schedule.cement_c)
        tissue = np.full(scene.cement.shape, scene.body_c)
        self._temperature = (
            mixture.with_fresh(tissue, scene.cement, schedule.cement_c)
            if schedule.start_c is None
            else _checked_start(scene, schedule.start_c)
        )
        self._peak = self._temperature.copy()
        watched = np.zeros(scene.cement.shape, dtype=bool)
        for mask in scene.regions.values():
            watched |= mask
        self._watched = np.flatnonzero(watched)
        self._dose = ThermalDose.start(self._temperature.ravel()[self._watched])
        self._inside = {name: mask.ravel()[self._watched] for name, mask in scene.regions.items()}
        self._times, self._means, self._hottest = [0.0], [self._mean()], [self._hot()]
        self._histories = {name: [scene.body_c] for name in scene.regions}
        self._note_regions(first=True)

    @property
    def is_set(self) -> bool:
        """Whether half of the cure is done, on the mean."""
        return self._means[-1] >= _SET_DEGREE

    def advance(self, seconds: float) -> tuple[float, float]:
        """Advance by a step; return the largest change of temperature and rise by cure."""
        before = self._temperature
        cured = before.copy()
        rise = self._cure(cured, 0.5 * seconds)
        now = self._equation.advance(cured, seconds)
        rise += self._cure(now, 0.5 * seconds)
        self._temperature = now
        np.maximum(self._peak, now, out=self._peak)
        places, change = self._watched, now - before
        self._dose = self._dose.add(before.ravel()[places], now.ravel()[places], seconds)
        self._times.append(self._times[-1] + seconds)
        self._means.append(self._mean())
        self._hottest.append(self._hot())
        self._note_regions(first=False)
        return max(float(change.max()), -float(change.min())), rise

    def _cure(self, temperature: FloatArray, seconds: float) -> float:
        """Let the cement cure without conduction; heat it in place, return the largest rise."""
        flat = temperature.reshape(-1)
        before = self._degree
        self._degree = advance_cure(
            self._kinetics, before, flat[self._cells], seconds, self._heating
        )
        rise = self._heating * (self._degree - before)
        flat[self._cells] += rise
        return float(rise.max())

    def _mean(self) -> float:
        return float((self._share * self._degree).sum() / self._share.sum())

    def _hot(self) -> float:
        return float(self._temperature.reshape(-1)[self._cells].max())

    def _note_regions(self, *, first: bool) -> None:
        watched = self._temperature.reshape(-1)[self._watched]
        for name, inside in self._inside.items():
            if first:
                self._histories[name].clear()
            self._histories[name].append(float(watched[inside].max()))

    def result(self) -> Hardening:
        """Return what happened."""
        degree = np.zeros(self._scene.cement.shape)
        degree.reshape(-1)[self._cells] = self._degree
        times, means = np.array(self._times), np.array(self._means)
        return Hardening(
            times_s=read_only(times),
            degree_mean=read_only(means),
            cement_peak_c=read_only(self._hottest),
            peak_c=read_only(self._peak),
            temperature_c=read_only(self._temperature),
            degree=read_only(degree),
            regions={name: self._region(name) for name in self._inside},
            set_s=float(np.interp(_SET_DEGREE, means, times)) if self.is_set else None,
        )

    def _region(self, name: str) -> TissueHeat:
        inside, dose = self._inside[name], self._dose
        damage = dose.damage[inside]
        cell = float(np.prod(self._scene.spacing_mm))
        hot = [cell * float((dose.peak_c[inside] > limit).sum()) for limit in BURN_C]
        return TissueHeat(
            name=name,
            peak_c=float(dose.peak_c[inside].max()),
            above_45_s=float(dose.above_s[0, inside].max()),
            above_50_s=float(dose.above_s[1, inside].max()),
            cem43_min=float(dose.cem43_min[inside].max()),
            damage=float(damage.max()),
            burnt_share=float((damage >= 1.0).mean()),
            history_c=read_only(self._histories[name]),
            above_45_mm3=hot[0],
            above_50_mm3=hot[1],
        )
