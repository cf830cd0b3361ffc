"""The links of cells to veins, fissures and needle tracks, and all outlets of a body in one row.

A way thinner than a cell is shared between the cells that it draws from: side by side, each has its
part of the way's section, in series with the bone between it and the way.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.augmentation.cement.way_out import Way
from vertaug.case.grid import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThinLinks:
    """Links of cells to ways thinner than a cell.

    Attributes
    ----------
    cell : (n, 3) int64 array
    path : (n,) uint8 array
        `LeakPath` of the way.
    own_mm3 : (n,) float64 array
        Flow times viscosity over pressure along the cell's part of the way, without the bone.
    bone_mm3 : (n,) float64 array
        The same of the bone between cell and way, infinite where the cells resolve all of it.
    room_mm3 : (n,) float64 array
        What the part holds, within the bone and in the narrow part beyond.
    bone_room_mm3 : (n,) float64 array
        What it holds of cement that counts as in the bone still.
    shear_per_mm3 : (n,) float64 array
        Shear rate at its wall by the flow through the part; where it is 0, cement in it is as thick
        as in its cell.
    exit_lps_mm : (n, 3) float64 array
        Where the way opens on the surface of the bone.
    """

    cell: NDArray[np.int64]
    path: NDArray[np.uint8]
    own_mm3: FloatArray
    bone_mm3: FloatArray
    room_mm3: FloatArray
    bone_room_mm3: FloatArray
    shear_per_mm3: FloatArray
    exit_lps_mm: FloatArray

    @property
    def conductance_mm3(self) -> FloatArray:
        """Part of the way and bone in series, holding the same fluid; (n,)."""
        return np.asarray(1.0 / (1.0 / self.own_mm3 + 1.0 / self.bone_mm3))

    def kept(self, chosen: NDArray[np.bool_]) -> "ThinLinks":
        """Return some of the links, ``chosen`` (n,)."""
        return ThinLinks(**{f.name: getattr(self, f.name)[chosen] for f in fields(ThinLinks)})

    def moved(self, offset: tuple[int, int, int]) -> "ThinLinks":
        """Return the same links on a grid whose first cell is ``offset`` of this one."""
        return replace(self, cell=self.cell - np.array(offset))


def no_thin_links() -> ThinLinks:
    """Return the links of a body without veins, fissures and tracks."""
    none = np.zeros(0)
    return ThinLinks(
        cell=np.zeros((0, 3), dtype=np.int64),
        path=np.zeros(0, dtype=np.uint8),
        own_mm3=none,
        bone_mm3=none,
        room_mm3=none,
        bone_room_mm3=none,
        shear_per_mm3=none,
        exit_lps_mm=np.zeros((0, 3)),
    )


def join_links(links: list[ThinLinks]) -> ThinLinks:
    """Return all links in one row."""
    every = [no_thin_links(), *links]
    return ThinLinks(
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in every])
            for f in fields(ThinLinks)
        }
    )


def link_way(
    way: Way,
    cell: NDArray[np.int64],
    permeability_mm2: FloatArray,
    to_mouth_mm: FloatArray,
    *,
    cell_mm: float,
    exit_lps_mm: FloatArray,
) -> ThinLinks:
    """Return the links of the cells along a way to it.

    Parameters
    ----------
    way : Way
    cell : (n, 3) int64 array
        At places equally spaced along it and around; a cell may come more than once.
    permeability_mm2 : (n,) float64 array
        Of the bone there, above 0.
    to_mouth_mm : (n,) float64 array
        From each place along the way to where it leaves the bone.
    cell_mm : float
        Size of the cells.
    exit_lps_mm : (3,) float64 array
        Where it opens on the surface of the bone.
    """
    cells, at = np.unique(cell, axis=0, return_inverse=True)
    drawn = np.asarray(np.bincount(at.ravel(), weights=permeability_mm2), dtype=np.float64)
    reach = np.bincount(at.ravel(), weights=permeability_mm2 * to_mouth_mm) / drawn
    share = drawn / drawn.sum()
    count = len(cells)
    return ThinLinks(
        cell=cells,
        path=np.full(count, way.path, dtype=np.uint8),
        own_mm3=way.own_mm3 * share,
        bone_mm3=drawn * (way.unresolved_bone(cell_mm) * way.length_mm / len(cell)),
        room_mm3=way.room_mm3 * share,
        bone_room_mm3=np.minimum(_room_in_bone(way, reach), way.room_mm3) * share,
        # the flow through a part is that share of the flow through the whole
        shear_per_mm3=way.shear_per_mm3 / share,
        exit_lps_mm=np.broadcast_to(exit_lps_mm, (count, 3)).copy(),
    )


def _room_in_bone(way: Way, to_mouth_mm: FloatArray) -> FloatArray:
    """Return what a way holds before cement from places along it has left the bone, mm3."""
    if way.within:
        return np.zeros_like(to_mouth_mm)
    if way.kind == "vein":
        return way.section_mm2 * to_mouth_mm
    return np.full_like(to_mouth_mm, way.room_mm3)  # through cortex from end to end


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlets:
    """All ways out of a body in one row: cells at the wall, then thin links.

    Attributes
    ----------
    cell : (m, 3) int64 array
    path : (m,) uint8 array
        `LeakPath`.
    exit_lps_mm : (m, 3) float64 array
        Where each opens on the surface of the bone; NaN where that is not known.
    """

    cell: NDArray[np.int64]
    path: NDArray[np.uint8]
    exit_lps_mm: FloatArray
