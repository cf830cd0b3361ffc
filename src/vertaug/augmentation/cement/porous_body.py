"""A vertebra as a porous body: where marrow can go, and where cement can leave.

Cells beside the bone are SEALED: every way out is a link with its own conductance, so a shell
thinner than a cell, a vein or a crack has the resistance it has, whatever the spacing.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vertaug.augmentation.cement.heterogeneity import Heterogeneity, draw_heterogeneity
from vertaug.augmentation.cement.leak_links import find_tracks, link_wall, link_ways
from vertaug.augmentation.cement.needle_track import NeedleTrack
from vertaug.augmentation.cement.openings import LeakPath, Wall
from vertaug.augmentation.cement.survey import BoneSurvey
from vertaug.augmentation.cement.thin_links import Outlets, ThinLinks, no_thin_links
from vertaug.augmentation.cement.veins import LeakNetwork, draw_ways
from vertaug.augmentation.cement.way_out import Way
from vertaug.case.errors import GeometryError, InputError
from vertaug.case.grid import FloatArray, Grid, read_only
from vertaug.numerics.flow_cells import POROUS, SEALED, FlowCells
from vertaug.tissue.permeability import BAROUD_2004, PermeabilityLaw
from vertaug.tissue.porosity import PorosityLaw

FREE_SPACE_MM2 = 1.0
"""Permeability of a gap or cavity: that between plates 3.5 mm apart (width^2 / 12), 30 times that
of bone. Wider space hardly changes the pressure (design default)."""
CAVITY_MM2 = 10.0
"""Of the cavity of a balloon: that between plates 11 mm apart. Cement fills it before it enters the
bone around, which a space no freer than a gap does not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneSetting:
    """Laws of the bone between its walls, and what is drawn in it."""

    porosity: PorosityLaw = field(default_factory=PorosityLaw)
    permeability: PermeabilityLaw = BAROUD_2004
    heterogeneity: Heterogeneity = field(default_factory=Heterogeneity)
    network: LeakNetwork = field(default_factory=LeakNetwork)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PorousBody:
    """A vertebra that cement can flow through.

    Attributes
    ----------
    grid : Grid
        Along the vertebra's axes: left, posterior, superior.
    cells : FlowCells
    porosity : (ni, nj, nk) float64 array
        Of the cancellous bone of each cell, with any free space; 0 in sealed cells.
    permeability_mm2 : (ni, nj, nk) float64 array
        Across; times ``cells.ratios`` along each axis; 0 in sealed cells.
    pore_volume_mm3 : (ni, nj, nk) float64 array
        Less than porosity times volume where cortex takes room.
    links : (ni, nj, nk) float64 array
        Way out of a cell through the wall in mm: times the cell's permeability over the viscosity
        of what flows it is the conductance in mm3/(MPa s).
    path : (ni, nj, nk) uint8 array
        `LeakPath` of the widest way through the wall of each cell.
    thin : ThinLinks
        Ways out through veins, fissures and needle tracks.
    shell_mm : (ni, nj, nk) float64 array
        Thickness of the cortex of cells at the wall (0 where it is open), NaN elsewhere.
    in_body : (ni, nj, nk) bool array
        Porous cells of the body, without pedicles.
    body_volume_mm3 : float
        As measured with the anatomy.
    exit_lps_mm : (ni, nj, nk, 3) float32 array
        Where the widest way through the wall of each cell lies on the surface of the bone; NaN
        without one.
    ways : tuple of Way
        Veins, fissures and needle tracks drawn or given.
    notes : tuple of str
        What the CT could not show, in sentences for the report.
    wall_limit : str
        As in `Filling`.
    """

    grid: Grid
    cells: FlowCells
    porosity: FloatArray
    permeability_mm2: FloatArray
    pore_volume_mm3: FloatArray
    links: FloatArray
    path: NDArray[np.uint8]
    shell_mm: FloatArray
    in_body: NDArray[np.bool_]
    body_volume_mm3: float
    thin: ThinLinks = field(default_factory=no_thin_links)
    exit_lps_mm: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    ways: tuple[Way, ...] = ()
    notes: tuple[str, ...] = ()
    wall_limit: str = ""

    def __post_init__(self) -> None:
        if self.exit_lps_mm.size == 0:
            unknown = np.full((*self.grid.shape, 3), np.nan, dtype=np.float32)
            object.__setattr__(self, "exit_lps_mm", unknown)
        names = ("porosity", "permeability_mm2", "pore_volume_mm3", "links", "shell_mm")
        for name in (*names, "path", "in_body", "exit_lps_mm"):
            values = read_only(getattr(self, name))
            object.__setattr__(self, name, values)
            if values.shape[:3] != self.grid.shape:
                message = f"{name} has shape {values.shape}, its grid {self.grid.shape}"
                raise GeometryError(message)

    def conductance_mm3(self, *paths: LeakPath) -> float:
        """Return the conductance times viscosity of all ways out, or of some paths only."""
        wanted = paths or tuple(LeakPath)
        wall = (self.links * self.permeability_mm2)[np.isin(self.path, wanted)].sum()
        thin = self.thin.conductance_mm3[np.isin(self.thin.path, wanted)].sum()
        return float(wall + thin)

    def outlets(self) -> Outlets:
        """Return the ways out through the wall, cell by cell, and then the thin ones."""
        wall = np.argwhere(self.links > 0.0)
        at = tuple(wall.T)
        return Outlets(
            cell=np.concatenate([wall, self.thin.cell]),
            path=np.concatenate([self.path[at], self.thin.path]),
            exit_lps_mm=np.concatenate([self.exit_lps_mm[at], self.thin.exit_lps_mm]),
        )


def build_porous_body(
    survey: BoneSurvey,
    rng: np.random.Generator,
    setting: BoneSetting | None = None,
    tracks: tuple[NeedleTrack, ...] = (),
) -> PorousBody:
    """Return a porous body with its own draw of permeability, veins and fissures.

    Parameters
    ----------
    survey : BoneSurvey
    rng : numpy Generator
        The same state gives the same bone at any spacing.
    setting : BoneSetting, optional
    tracks : tuple of NeedleTrack
        Needles in the bone.

    Raises
    ------
    InputError
        If no cell has a way out: marrow could not be displaced.
    """
    setting = setting or BoneSetting()
    bone, frame = survey.bone, survey.vertebra.frame
    porous = bone.region == POROUS
    field_rng, way_rng = rng.spawn(2)
    law = setting.permeability
    cancellous = setting.porosity.evaluate(bone.cancellous_mg_per_ml)
    factor = draw_heterogeneity(setting.heterogeneity, frame, bone.grid, field_rng)
    factor /= factor[porous].mean()
    solid = np.minimum(law.evaluate(cancellous) * factor, FREE_SPACE_MM2)
    gas = np.where(porous, np.clip(bone.gas_share, 0.0, 1.0), 0.0)
    permeability = np.where(porous, solid + gas * (FREE_SPACE_MM2 - solid), 0.0)
    filled = setting.porosity.evaluate(bone.density_mg_per_ml)
    pores = np.where(porous, filled + gas * (1.0 - filled), 0.0) * bone.grid.voxel_volume_mm3
    ways = draw_ways(setting.network, survey.wall, way_rng)
    ways += find_tracks(survey, tracks)
    thin = link_ways(survey, permeability, ways)
    wall = link_wall(survey, permeability, law.ratios)
    if not (wall.conductance_mm3.any() or len(thin.cell)):
        message = (
            "no boundary to displace marrow through: wall, endplates, veins and fissures of "
            f"{survey.vertebra.level} are all closed; give the shell a permeability above 0"
        )
        raise InputError(message)
    region = np.where(porous, POROUS, SEALED).astype(np.uint8)
    spacing = np.array(bone.grid.spacing_mm)
    return PorousBody(
        grid=bone.grid,
        cells=FlowCells(region=region, spacing_mm=spacing, ratios=law.ratios),
        porosity=np.where(porous, cancellous + gas * (1.0 - cancellous), 0.0),
        permeability_mm2=permeability,
        pore_volume_mm3=pores,
        links=np.divide(wall.conductance_mm3, permeability, out=np.zeros_like(gas), where=porous),
        path=wall.path,
        thin=thin,
        exit_lps_mm=wall.exit_lps_mm,
        shell_mm=_shell(survey.wall, bone.grid.shape),
        in_body=bone.in_body,
        body_volume_mm3=survey.vertebra.body_volume_mm3,
        ways=ways,
        notes=survey.notes,
        wall_limit=survey.wall_limit,
    )


def _shell(wall: Wall, shape: tuple[int, int, int]) -> FloatArray:
    """Mean thickness over the faces of each cell at the wall, NaN elsewhere."""
    cell = np.ravel_multi_index(tuple(wall.cell.T), shape)
    size = int(np.prod(shape))
    total = np.bincount(cell, weights=wall.thickness_mm, minlength=size)
    count = np.bincount(cell, minlength=size)
    out = np.full(size, np.nan)
    out[count > 0] = total[count > 0] / count[count > 0]
    return out.reshape(shape)


def locate_tip(body: PorousBody, point_lps_mm: ArrayLike) -> tuple[int, int, int]:
    """Return the porous cell that a needle's tip lies in.

    Parameters
    ----------
    body : PorousBody
    point_lps_mm : (3,) array-like

    Raises
    ------
    InputError
        If the tip is not in porous bone; says how far away it is.
    """
    point = np.asarray(point_lps_mm, dtype=np.float64)
    index = np.floor(body.grid.to_index(point) + 0.5).astype(np.int64)
    within = bool((index >= 0).all() and (index < body.grid.shape).all())
    i, j, k = (int(n) for n in index)
    if within and body.cells.region[i, j, k] == POROUS:
        return i, j, k
    cells = body.grid.to_world(np.argwhere(body.cells.region == POROUS))
    away = float(np.linalg.norm(cells - point, axis=1).min())
    message = (
        f"the tip at {np.round(point, 1).tolist()} (LPS mm) is outside the bone that cement can "
        f"fill, {away:.1f} mm from the nearest; it must lie in the body or the front of a pedicle"
    )
    raise InputError(message)


def open_void(body: PorousBody, share: FloatArray) -> PorousBody:
    """Return a body with a cavity in it, as a balloon leaves it.

    Parameters
    ----------
    body : PorousBody
    share : (ni, nj, nk) float64 array
        Share of each cell that becomes free space, 0 to 1. Bone that was there is taken away, and
        veins and fissures there are shut: the balloon has pushed them aside. What leads through the
        wall keeps its conductance.
    """
    if share.shape != body.grid.shape or share.min() < 0.0 or share.max() > 1.0:
        message = (
            f"free space needs shares of 0 to 1 on a grid {body.grid.shape}; got shape "
            f"{share.shape} with {share.min():g} to {share.max():g}"
        )
        raise InputError(message)
    share = np.where(body.cells.region == POROUS, share, 0.0)
    volume = body.grid.voxel_volume_mm3
    permeability = body.permeability_mm2 + share * (CAVITY_MM2 - body.permeability_mm2)
    conductance = body.links * body.permeability_mm2
    return replace(
        body,
        porosity=body.porosity + share * (1.0 - body.porosity),
        permeability_mm2=permeability,
        pore_volume_mm3=body.pore_volume_mm3 + share * (volume - body.pore_volume_mm3),
        links=np.divide(
            conductance, permeability, out=np.zeros_like(share), where=permeability > 0
        ),
        thin=body.thin.kept(share[tuple(body.thin.cell.T)] == 0.0),
    )
