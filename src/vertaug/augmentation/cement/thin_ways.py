"""Veins, fissures and needle tracks while cement runs into them.

A way out thinner than a cell is filled from the bone outward: cement of its cell's viscosity as far
as it has come, marrow beyond, in series. An empty vein takes cement as a tube that marrow leaves;
one that is full, or whose cement is old, hardly any more.
"""

import numpy as np

from vertaug.augmentation.cement.porous_body import PorousBody
from vertaug.case.grid import FloatArray


class ThinWays:
    """What the thin ways out of a body hold.

    Parameters
    ----------
    body : PorousBody
    marrow_mpa_s : float
        Viscosity of the marrow.
    """

    def __init__(self, body: PorousBody, marrow_mpa_s: float) -> None:
        self._links, self._marrow = body.links, marrow_mpa_s
        self._cells = body.thin_mm3 > 0.0
        self._own = body.thin_mm3[self._cells]
        self._permeability = body.permeability_mm2[self._cells]
        self._room = np.maximum(body.room_mm3[self._cells], 1e-9)
        self._held = np.zeros_like(self._room)
        self._share = np.zeros_like(self._room)

    def conductance(
        self,
        mobility: FloatArray,
        cement_mpa_s: FloatArray,
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
        mobility, cement_mpa_s, saturation, pressure_mpa : (ni, nj, nk) float64 arrays
            Of the cells; viscosity of their cement, whether there or not.
        seconds : float
            Length of the step.
        """
        at, m = self._cells, self._marrow
        steeper = np.maximum(cement_mpa_s[at] - m, 1e-3 * m) / self._room
        pressed = np.maximum(saturation[at] * pressure_mpa[at], 0.0) * self._own * seconds
        start = self._held
        root = m**2 + steeper * (steeper * start**2 + 2.0 * m * start + 2.0 * pressed)
        end = np.minimum((np.sqrt(root) - m) / steeper, self._room)
        inside = m + steeper * 0.5 * np.minimum(start + end, 2.0 * self._room)
        whole = self._links * mobility
        own = self._own / inside
        rest = np.maximum(whole[at] - self._own * mobility[at] / self._permeability, 0.0)
        whole[at] = rest + own
        self._share = own / whole[at]
        return np.asarray(whole)

    def fill(self, through_mm3: FloatArray) -> None:
        """Add the cement that has left each cell, mm3, in the share that took a thin way."""
        self._held = self._held + through_mm3[self._cells] * self._share
