"""A way out of the bone that is thinner than a cell: a vein, a fissure or the gap around a needle.

A vessel of diameter d and length L passes ``pi d^4 / (128 L)`` per viscosity and pressure
(Poiseuille), a fissure of width w, length l through a shell of thickness t ``l w^3 / (12 t)``
(cubic law), both mm3. Each is in series with the flow to it through the bone, which the cells
resolve down to the radius R at which the pressure of a cell is that of a sink on a line in it
(Peaceman, Soc Pet Eng J 1978;18:183: 0.2 of its size): what is left is ``2 pi k l / ln(R / r)`` to
the part of a vessel within the bone, half of that to a fissure, a strip of width w that draws like
a cylinder of radius w / 4. A vessel wider than that draws from the cells around it.
"""

from dataclasses import dataclass

import numpy as np

from vertaug.augmentation.cement.openings import LeakPath
from vertaug.case.grid import FloatArray

_CELL_SHARE = {True: 0.2, False: float(np.sqrt(0.2))}
"""Of a cell's size: the radius at which its pressure is that of a sink on a line through its middle
(of a vessel), and of one half a cell behind a wall, its mirror image with it (of a fissure)."""
_RING_SHARE = 0.3
"""Of a cell's size, by which the ring of cells that a vessel draws from is less wide than it is, in
squares: cells on a ring draw like a wider one. Cylinders of 0.6 to 2.2 mm in cells of 0.5 to 2 mm
so have 0.91 to 1.18 of the exact resistance out to 8 mm, in the mean over places, along the grid;
oblique ones less (docs/cement_injection.md)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Way:
    """One way out of the bone that is thinner than a cell.

    Attributes
    ----------
    path : LeakPath
    kind : str
        ``vein``, ``fissure`` or ``track``.
    mouth_mm, inner_mm : (3,) float64 arrays
        Where it leaves the bone, and its end inside, in the vertebra frame.
    size_mm : float
        Diameter, or width.
    own_mm3 : float
        Flow times viscosity over pressure, without the bone around it.
    length_mm : float
        Over which it draws from the bone.
    exit_mm : (3,) float64 array or None
        Where it opens on the surface, if not at ``mouth_mm``: a leak's mark, nothing else.
    within : bool
        Whether it runs in the bone to a foramen. Cement that has come into it counts as on its way
        out, wherever it is: it leads to the canal, and there is nothing to stop it.
    slit_mm : (3,) float64 array or None
        Of a fissure: from its middle to one end along the surface.
    foramen_share : float
        Its conductance over what it were with a foramen of its own.
    """

    path: LeakPath
    kind: str
    mouth_mm: FloatArray
    inner_mm: FloatArray
    size_mm: float
    own_mm3: float
    length_mm: float
    exit_mm: FloatArray | None = None
    within: bool = False
    slit_mm: FloatArray | None = None
    foramen_share: float = 1.0

    @property
    def room_mm3(self) -> float:
        """What it holds between the bone and a wide vein or space.

        Its section times the length that gives its own conductance.
        """
        alone = self.own_mm3 / self.foramen_share
        if self.kind == "vein":
            return float((np.pi * self.size_mm**3) ** 2 / (512.0 * alone))
        # a slit: width times breadth b times depth t, own = b w^3 / (12 t); b is its length
        return float(self.size_mm**4 * self.length_mm**2 / (12.0 * alone))

    @property
    def section_mm2(self) -> float:
        """Its section, of a tube or a slit."""
        if self.kind == "vein":
            return float(0.25 * np.pi * self.size_mm**2)
        return self.size_mm * self.length_mm

    @property
    def shear_per_mm3(self) -> float:
        """Shear rate at its wall by the flow through it, 1/mm3.

        ``32 / (pi d^3)`` in a tube, ``6 / (b w^2)`` in a slit.
        """
        if self.kind == "vein":
            return float(32.0 / (np.pi * self.size_mm**3))
        return float(6.0 / (self.length_mm * self.size_mm**2))

    def places_mm(self, along: FloatArray, around: FloatArray, cell_mm: float) -> FloatArray:
        """Return places in the bone that it draws from, (len(along) * m or len(along), 3).

        Parameters
        ----------
        along : (n,) float64 array
            Of its length in the bone, 0 at the mouth to 1.
        around : (m,) float64 array
            Angles about its axis in radians, where cells resolve its width: the places of one
            ring follow each other.
        cell_mm : float
            Size of the cells.
        """
        middle = self.mouth_mm + along[:, None] * (self.inner_mm - self.mouth_mm)
        if self.slit_mm is not None:
            middle = middle.mean(axis=0) + (2.0 * along - 1.0)[:, None] * self.slit_mm
        wide = (0.5 * self.size_mm) ** 2 - (_RING_SHARE * cell_mm) ** 2
        axis = self.inner_mm - self.mouth_mm
        if self.kind != "vein" or wide <= 0.0 or not axis.any():
            return np.asarray(middle)
        axis = axis / np.linalg.norm(axis)
        first = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
        first /= np.linalg.norm(first)
        turned = np.outer(np.cos(around), first) + np.outer(np.sin(around), np.cross(axis, first))
        return np.asarray(middle[:, None] + np.sqrt(wide) * turned).reshape(-1, 3)

    def unresolved_bone(self, cell_mm: float) -> float:
        """Return the flow to it through bone that cells do not resolve.

        Over pressure, viscosity, permeability and length; infinite where it is as wide as what they
        resolve.

        Parameters
        ----------
        cell_mm : float
            Size of the cells.
        """
        tube = self.kind == "vein"
        radius = (0.5 if tube else 0.25) * max(self.size_mm, 1e-6)
        resolved = _CELL_SHARE[tube] * cell_mm / radius
        turn = 2.0 * np.pi if tube else np.pi
        return turn / float(np.log(resolved)) if resolved > 1.0 else np.inf


def tube_mm3(diameter_mm: float, length_mm: float) -> float:
    """Return flow times viscosity over pressure of a tube (Poiseuille)."""
    return float(np.pi * diameter_mm**4 / (128.0 * length_mm))
