"""Veins, fissures and needle tracks while cement runs into them.

A way out thinner than a cell is filled from the bone outward: cement as far as it has come, marrow
beyond, in series, and in series with the bone between cell and way, which holds what the cell
holds. What enters within a step has the age of the cell's cement and lies behind what was there,
which keeps its own age; at the end of the step the two are mixed by volume, and what a full way
gives off is that mixture. All of it has the temperature of the body and the viscosity at its own
shear rate: with a yield stress it stops where pressure no longer exceeds ``2 tau L / r`` of the
length L that it has come. An empty vein takes cement as a tube that marrow leaves; one that is full
of old cement takes hardly any more until a pressure moves it. In the way itself cement resists by
the factor of `MouthLaw` more; in the bone before it, and where a wall is missing, it does not.
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
    """What the thin ways out of a body hold, and what they pass.

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
        self._links, self._marrow, self._product = body.thin, marrow_mpa_s, product
        self._mouth = mouth
        self._at = tuple(body.thin.cell.T)
        self._permeability = body.permeability_mm2[self._at]
        self._room = np.maximum(body.thin.room_mm3, 1e-9)
        self._held = np.zeros_like(self._room)
        self._entered = np.zeros_like(self._room)

    @property
    def entered_s(self) -> FloatArray:
        """When the cement in each way entered the bone, by volume; 0 without any; (links,)."""
        return self._entered

    @property
    def in_bone_mm3(self) -> FloatArray:
        """Cement in each part of a way that has not left the bone; (links,)."""
        return np.minimum(self._held, self._links.bone_room_mm3)

    def conductance(
        self,
        mobility: FloatArray,
        *,
        cement_mpa_s: FloatArray,
        aged_s: FloatArray,
        held_aged_s: FloatArray,
        saturation: FloatArray,
        pressure_mpa: FloatArray,
        seconds: float,
    ) -> FloatArray:
        """Return the conductance of each link during the next step, mm3/(MPa s); (links,).

        With the volume V that enters a way that holds H,
        ``dV / dt = S p G / (b + m + ((h - m) H + (c - m) V) / room)``, b the resistance of the bone
        before it, h that of what it holds and c of what enters: the way gets longer for the cement
        within the step (Washburn's law), so the mean over the step is taken, at the last pressure.

        Parameters
        ----------
        mobility, cement_mpa_s, aged_s, saturation, pressure_mpa : (ni, nj, nk) float64 arrays
            Of the cells; viscosity and equivalent age of their cement, whether there or not.
        held_aged_s : (links,) float64 array
            Equivalent age of the cement in each way; of no account without any.
        seconds : float
            Length of the step.
        """
        at, own = self._at, self._links.own_mm3
        drive = np.maximum(saturation[at] * pressure_mpa[at], 0.0) * own
        empty = self._marrow + own / self._links.bone_mm3 * self._permeability / mobility[at]
        ages = np.stack([aged_s[at], held_aged_s])
        entering, held = self._thickness(cement_mpa_s[at], ages, drive, empty, seconds)
        start = self._at_start(held, empty)
        return np.asarray(own / self._mean_viscosity(entering, drive, start, seconds))

    def _at_start(self, held_mpa_s: FloatArray, empty: FloatArray) -> FloatArray:
        """Return what resists when a step begins: the empty way and the cement in it."""
        share = np.minimum(self._held / self._room, 1.0)
        return np.asarray(empty + (held_mpa_s - self._marrow) * share)

    def _added(
        self, cement_mpa_s: FloatArray, drive: FloatArray, start: FloatArray, seconds: float
    ) -> FloatArray:
        """Cement by which each way is fuller after a step, mm3; at most what there is room for."""
        steeper = np.maximum(cement_mpa_s - self._marrow, 1e-3 * self._marrow) / self._room
        pushed = 2.0 * drive * seconds
        added = pushed / (start + np.sqrt(start**2 + steeper * pushed))
        return np.asarray(np.minimum(added, np.maximum(self._room - self._held, 0.0)))

    def _mean_viscosity(
        self, cement_mpa_s: FloatArray, drive: FloatArray, start: FloatArray, seconds: float
    ) -> FloatArray:
        """Return what resists in the mean over a step, as a viscosity in the way.

        Parameters
        ----------
        cement_mpa_s, drive : (links,) float64 arrays
            Of what enters.
        start : (links,) float64 array
            What resists when the step begins.
        seconds : float
        """
        free = np.maximum(self._room - self._held, 0.0)
        steeper = (cement_mpa_s - self._marrow) / self._room
        filling = start + 0.5 * steeper * self._added(cement_mpa_s, drive, start, seconds)
        after = drive * seconds - free * (start + 0.5 * steeper * free)
        passed = free + np.maximum(after, 0.0) / (start + steeper * free)
        fills = (after > 0.0) & (passed > 0.0)
        return np.asarray(np.divide(drive * seconds, passed, out=filling, where=fills))

    def _thickness(
        self,
        of_cell: FloatArray,
        ages_s: FloatArray,
        drive: FloatArray,
        empty: FloatArray,
        seconds: float,
    ) -> FloatArray:
        """Resistance of cement in each way at the shear rate that its pressure drives.

        Of what enters and of what is there, as ``ages_s``, (2, links): viscosity times the factor
        of the mouth, at the end of the step, where it is slowest: cement with a yield stress does
        not run past where it stops. Found by halving: shear rate times viscosity grows with the
        shear rate, and the factor does not depend on it, so there is one answer.
        """
        shear = self._links.shear_per_mm3
        known = (shear > 0.0) & (drive > 0.0)
        factor = self._mouth.factor(self._product, ages_s)
        if not known.any():
            return factor * of_cell
        low, high = (np.full(len(drive), np.log(edge)) for edge in _SHEAR_PER_S)
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            viscosity = aged_viscosity_mpa_s(self._product, ages_s, BODY_C, np.exp(middle))
            entering, held = factor * viscosity
            start = self._at_start(held, empty)
            share = self._added(entering, drive, start, seconds) / self._room
            resisted = start + (entering - self._marrow) * share
            over = np.exp(middle) * resisted > shear * drive
            high, low = np.where(over, middle, high), np.where(over, low, middle)
        found = aged_viscosity_mpa_s(self._product, ages_s, BODY_C, np.exp(high))
        return np.asarray(factor * np.where(known, found, of_cell))

    def fill(self, entered_mm3: FloatArray, entered_s: FloatArray) -> FloatArray:
        """Add the cement that has entered each link; return what of it has left the bone, mm3.

        Parameters
        ----------
        entered_mm3 : (links,) float64 array
        entered_s : (links,) float64 array
            When that cement entered the bone.
        """
        before = self.in_bone_mm3
        whole = np.minimum(self._held, self._room) + entered_mm3
        fresh = np.divide(entered_mm3, whole, out=np.zeros_like(whole), where=whole > 0.0)
        self._entered = self._entered + fresh * (entered_s - self._entered)
        self._held = self._held + entered_mm3
        return np.asarray(entered_mm3 - (self.in_bone_mm3 - before))
