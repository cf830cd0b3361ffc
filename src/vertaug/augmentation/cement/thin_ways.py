"""Veins, fissures and needle tracks while cement runs into them.

A way out thinner than a cell is filled from the bone outward: cement as far as it has come, marrow
beyond, in series. The cement has the age of its cell's, the temperature of the body, and the
viscosity at its own shear rate: with a yield stress it stops where pressure no longer exceeds
``2 tau L / r`` of the length L that it has come. An empty vein takes cement as a tube that marrow
leaves; one that is full, or whose cement is old, hardly any more. In these and in all other ways
out, cement resists by the factor of `MouthLaw` more.
"""

import numpy as np

from vertaug.augmentation.cement.injection_plan import BODY_C
from vertaug.augmentation.cement.mouth import MouthLaw
from vertaug.augmentation.cement.porous_body import PorousBody
from vertaug.augmentation.cement.product import CementProduct
from vertaug.augmentation.cement.rheology import aged_viscosity_mpa_s
from vertaug.case.grid import FloatArray

_HALVINGS = 30
"""Of the interval in which the logarithm of the shear rate is sought."""
_SHEAR_PER_S = (1e-8, 1e6)


class ThinWays:
    """What the thin ways out of a body hold, and what all ways out pass.

    Parameters
    ----------
    body : PorousBody
    product : CementProduct
    marrow_mpa_s : float
        Viscosity of the marrow.
    mouth : MouthLaw
    """

    def __init__(
        self, body: PorousBody, product: CementProduct, marrow_mpa_s: float, mouth: MouthLaw
    ) -> None:
        self._links, self._marrow, self._product = body.links, marrow_mpa_s, product
        self._mouth, self._open = mouth, body.links > 0.0
        self._cells = body.thin_mm3 > 0.0
        self._own = body.thin_mm3[self._cells]
        self._permeability = body.permeability_mm2[self._cells]
        self._room = np.maximum(body.room_mm3[self._cells], 1e-9)
        self._shear = body.thin_shear_per_mm3[self._cells]
        self._held = np.zeros_like(self._room)
        self._share = np.zeros_like(self._room)

    def conductance(
        self,
        mobility: FloatArray,
        *,
        cement_mpa_s: FloatArray,
        aged_s: FloatArray,
        saturation: FloatArray,
        pressure_mpa: FloatArray,
        seconds: float,
    ) -> FloatArray:
        """Return the conductance of all ways out during the next step, mm3/(MPa s).

        With the volume V of cement in a way, ``dV / dt = S p G / (m + (c - m) V / room)``: the way
        gets longer for the cement within the step (Washburn's law), so the mean over the step is
        taken, at the last pressure.

        Parameters
        ----------
        mobility, cement_mpa_s, aged_s, saturation, pressure_mpa : (ni, nj, nk) float64 arrays
            Of the cells; viscosity and equivalent age of their cement, whether there or not.
        seconds : float
            Length of the step.
        """
        at = self._cells
        drive = np.maximum(saturation[at] * pressure_mpa[at], 0.0) * self._own
        cement = self._thickness(cement_mpa_s[at], aged_s[at], drive, seconds)
        inside = self._mean_viscosity(cement, drive, seconds)
        leaving = self._at_mouths(mobility, cement_mpa_s, aged_s, saturation)
        whole = self._links * leaving
        own = self._own / inside
        rest = np.maximum(whole[at] - self._own * leaving[at] / self._permeability, 0.0)
        whole[at] = rest + own
        self._share = own / whole[at]
        return np.asarray(whole)

    def _at_mouths(
        self,
        mobility: FloatArray,
        cement_mpa_s: FloatArray,
        aged_s: FloatArray,
        saturation: FloatArray,
    ) -> FloatArray:
        """Mobility of what leaves each cell: its cement resists more, its marrow does not."""
        at = self._open & (saturation > 0.0)
        share, thick = saturation[at], cement_mpa_s[at]
        more = share * thick * (self._mouth.factor(self._product, aged_s[at]) - 1.0)
        resisted = share * thick + (1.0 - share) * self._marrow
        out = mobility.copy()
        out[at] *= resisted / (resisted + more)
        return out

    def _end(self, cement_mpa_s: FloatArray, drive: FloatArray, seconds: float) -> FloatArray:
        """Cement in each way at the end of a step, mm3; at most what it holds."""
        m, start = self._marrow, self._held
        steeper = np.maximum(cement_mpa_s - m, 1e-3 * m) / self._room
        root = m**2 + steeper * (steeper * start**2 + 2.0 * m * start + 2.0 * drive * seconds)
        return np.asarray(np.minimum((np.sqrt(root) - m) / steeper, self._room))

    def _mean_viscosity(
        self, cement_mpa_s: FloatArray, drive: FloatArray, seconds: float
    ) -> FloatArray:
        """Return what resists in each way, in the mean over a step: marrow, then cement."""
        m, room, start = self._marrow, self._room, np.minimum(self._held, self._room)
        end = self._end(cement_mpa_s, drive, seconds)
        filling = m + (cement_mpa_s - m) / room * 0.5 * (start + end)
        until_full = (room - start) * (m + (cement_mpa_s - m) / room * 0.5 * (start + room))
        after = drive * seconds - until_full
        passed = room - start + np.maximum(after, 0.0) / cement_mpa_s
        fills = (after > 0.0) & (passed > 0.0)
        return np.asarray(np.divide(drive * seconds, passed, out=filling, where=fills))

    def _thickness(
        self, of_cell: FloatArray, aged_s: FloatArray, drive: FloatArray, seconds: float
    ) -> FloatArray:
        """Resistance of the cement in each way at the shear rate that its pressure drives.

        Its viscosity times the factor of its mouth, at the end of the step, where it is slowest:
        cement with a yield stress does not run past where it stops. Found by halving: shear rate
        times viscosity grows with the shear rate, and the factor does not depend on it, so there is
        one answer.
        """
        known = (self._shear > 0.0) & (drive > 0.0)
        factor = self._mouth.factor(self._product, aged_s)
        if not known.any():
            return factor * of_cell
        low, high = (np.full(len(aged_s), np.log(edge)) for edge in _SHEAR_PER_S)
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            viscosity = aged_viscosity_mpa_s(self._product, aged_s, BODY_C, np.exp(middle))
            thick = factor * viscosity
            share = self._end(thick, drive, seconds) / self._room
            resisted = self._marrow + (thick - self._marrow) * share
            over = np.exp(middle) * resisted > self._shear * drive
            high, low = np.where(over, middle, high), np.where(over, low, middle)
        found = aged_viscosity_mpa_s(self._product, aged_s, BODY_C, np.exp(high))
        return np.asarray(factor * np.where(known, found, of_cell))

    def fill(self, through_mm3: FloatArray) -> None:
        """Add the cement that has left each cell, mm3, in the share that took a thin way."""
        self._held = self._held + through_mm3[self._cells] * self._share
