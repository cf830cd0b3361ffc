"""The heat of a filling that hardens among the tissues of the patient.

The box reaches 15 mm beyond the cement and its sides stay at body temperature. Tissues: bone and
cortex of the vertebra by their density, bone of the neighbours, discs over the endplates, the canal
(beyond the vertebra continued along its axis), soft tissue elsewhere.

The cement has been warming since it came in. Its cells are filled in the order of its age, oldest
first, at the volumes that the injection had reached, each at the temperature of the syringe, while
heat is conducted: cold is kept, the oldest cement is the warmest. How the cement moved on its way
is left out, and so is the heat of its cure before the end of the injection: a degree with the
kinetics of the products, which the notes give for others.

Cement that left the bone has no shape in a filling. Toward the canal, into a disc and through the
side walls it lies here as one lump, in the tissue nearest to where it began to leave: cement spread
thin cools faster. What left by a segmental vein or a needle's track is left out.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vertaug.anatomy.vertebra_grid import average_over_voxels, surface_over_columns
from vertaug.augmentation.cement.hardening import HardeningSchedule, harden
from vertaug.augmentation.cement.heat_limits import list_heat_limits
from vertaug.augmentation.cement.heat_scene import HeatScene, mixture_of
from vertaug.augmentation.cement.heat_tissue import LEAKED_INTO, TISSUES, HeatTissue, heat_tissues
from vertaug.augmentation.cement.product import CementProduct
from vertaug.augmentation.cement.survey import BoneSurvey
from vertaug.case.errors import InputError
from vertaug.case.filling import Extravasation, Filling, HeatResult
from vertaug.case.grid import FloatArray, Grid
from vertaug.case.spine import Endplate, Region, Vertebra
from vertaug.numerics.conduction import HeatEquation
from vertaug.numerics.flow_cells import OUTSIDE
from vertaug.tissue.porosity import PorosityLaw

_BONE, _CORTEX, _DISC, _CANAL, _SOFT = (
    TISSUES.index(name) for name in ("bone", "cortex", "disc", "canal", "soft")
)
_LEAST_MARGIN_MM = 15.0
"""Heat travels that far in about 5 min (`harden`)."""
_CORTEX_POROSITY = 0.5
"""Bone with fewer pores is cortex: half way between the two (design default)."""
_HOLDS_CEMENT, _MOSTLY_CEMENT = 0.1, 0.5
"""Share from which on a voxel counts as cement, and from which on it is no endplate any more."""
_STAGE_S, _MOST_STAGES = 2.0, 128


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatSetting:
    """What surrounds the cement.

    Attributes
    ----------
    margin_mm : float
        From the cement to the sides of the box.
    cement_c : float
        Of the cement as it enters the bone: that of the room.
    body_c : float
    plate_mm : float
        Tissue this near to an endplate, bone and disc, counts as the endplate.
    disc_mm : float
        Height of a disc whose other vertebra is not in the scan (design default).
    tissues : dict of HeatTissue
    """

    margin_mm: float = 15.0
    cement_c: float = 22.0
    body_c: float = 37.0
    plate_mm: float = 1.5
    disc_mm: float = 10.0
    tissues: dict[str, HeatTissue] = field(default_factory=heat_tissues)

    def __post_init__(self) -> None:
        if not _LEAST_MARGIN_MM <= self.margin_mm <= 60.0:
            message = (
                f"the box of the heat reaches {_LEAST_MARGIN_MM:g} to 60 mm beyond the cement; got "
                f"{self.margin_mm:g} mm"
            )
            raise InputError(message)


def harden_filling(
    filling: Filling,
    survey: BoneSurvey,
    product: CementProduct,
    setting: HeatSetting | None = None,
    schedule: HardeningSchedule | None = None,
) -> HeatResult:
    """Follow the cement of a filling until it is hard and cool.

    Parameters
    ----------
    filling : Filling
    survey : BoneSurvey
        Of the vertebra that was filled, on the filling's grid.
    product : CementProduct
        That was injected.
    setting : HeatSetting, optional
    schedule : HardeningSchedule, optional
        Of it the length and the steps; ages and temperatures are those of the filling.

    Returns
    -------
    HeatResult
        Tissues ``cement``, ``canal``, ``superior_endplate``, ``inferior_endplate``, where the box
        has them.

    Raises
    ------
    InputError
        If there is no cement, or survey and filling are not of the same cells.
    """
    setting = setting or HeatSetting()
    scene, grid = scene_of_filling(filling, survey, setting)
    start = temperature_after_injection(filling, scene, grid, product, setting)
    cells = scene.cement > 0.0
    age = _place(filling.age_s, filling.grid, grid, np.nan)
    # a cell whose age is not known holds a trace that the injection did not follow
    age = np.where(np.isfinite(age), age, np.nanmean(age[cells]))
    found = harden(
        scene,
        product,
        replace(
            schedule or HardeningSchedule(),
            age_s=age,
            cement_c=product.viscosity_at_c.value,
            start_c=start,
        ),
    )
    return HeatResult(
        times_s=found.times_s,
        degree_mean=found.degree_mean,
        tissues=tuple(found.regions.values()),
        set_s=found.set_s,
        method=_method(product, setting, grid),
        notes=list_heat_limits(filling, scene, start, found, product),
    )


def scene_of_filling(
    filling: Filling, survey: BoneSurvey, setting: HeatSetting
) -> tuple[HeatScene, Grid]:
    """Return the cement of a filling among the patient's tissues, and the grid of the box.

    Parameters
    ----------
    filling : Filling
    survey : BoneSurvey
    setting : HeatSetting

    Raises
    ------
    InputError
        As `harden_filling`.
    """
    if not survey.bone.grid.matches(filling.grid):
        message = (
            f"the filling of {filling.level} has other cells than the survey of "
            f"{survey.vertebra.level}; survey the bone at the spacing of the filling"
        )
        raise InputError(message)
    filled = np.argwhere(filling.cement_share > 0.0)
    if not len(filled):
        message = "there is no cement that could harden"
        raise InputError(message)
    begun = [leak.first_lps_mm for leak in filling.leaks if leak.path in LEAKED_INTO]
    if begun:
        where = np.rint(filling.grid.to_index(begun)).astype(np.int64)
        filled = np.concatenate([filled, where])
    reach = np.ceil(setting.margin_mm / filling.grid.spacing_mm).astype(int)
    first, last = filled.min(axis=0) - reach, filled.max(axis=0) + reach + 1
    grid = filling.grid.crop(
        (int(first[0]), int(first[1]), int(first[2])), (int(last[0]), int(last[1]), int(last[2]))
    )
    cement = _place(filling.cement_share, filling.grid, grid, 0.0)
    tissue = _map_tissues(survey, grid, setting)
    for leak in filling.leaks:
        cement = _put_leak(leak, cement, tissue, grid)
    vertebra = survey.vertebra
    regions = {
        "cement": cement >= _HOLDS_CEMENT,
        "canal": tissue == _CANAL,
        "superior_endplate": _near_plate(vertebra, vertebra.superior, grid, setting.plate_mm),
        "inferior_endplate": _near_plate(vertebra, vertebra.inferior, grid, setting.plate_mm),
    }
    for name in ("canal", "superior_endplate", "inferior_endplate"):
        regions[name] &= cement < _MOSTLY_CEMENT
    scene = HeatScene(
        spacing_mm=grid.spacing_mm,
        tissue=tissue,
        cement=np.clip(cement, 0.0, 1.0),
        regions={name: mask for name, mask in regions.items() if mask.any()},
        tissues=setting.tissues,
        body_c=setting.body_c,
    )
    return scene, grid


def temperature_after_injection(
    filling: Filling, scene: HeatScene, grid: Grid, product: CementProduct, setting: HeatSetting
) -> FloatArray:
    """Return the temperatures at the end of the injection.

    Parameters
    ----------
    filling : Filling
    scene : HeatScene
        Of the whole filling, on ``grid``.
    grid : Grid
    product : CementProduct
    setting : HeatSetting
    """
    seconds = float(filling.curve.time_s[-1])
    # lumps of leaked cement, which have no age, are as cold as cement gets
    entered = np.minimum(_place(_entry_s(filling), filling.grid, grid, seconds), seconds)
    stages = int(np.clip(np.ceil(seconds / _STAGE_S), 1, _MOST_STAGES))
    step = seconds / stages
    now, mixture = np.full(grid.shape, scene.body_c), mixture_of(scene, product)
    # cement comes in half a stage early or late, in the mean at its own time
    for stage in range(stages + 1):
        first, last = (stage - 0.5) * step, (stage + 0.5) * step
        coming = (entered > first) & (entered <= last) if stage else entered <= last
        coming &= scene.cement > 0.0
        if coming.any():
            fresh = np.where(coming, scene.cement, 0.0)
            now = mixture.with_fresh(now, fresh, setting.cement_c)
        held = np.where(entered <= last, scene.cement, 0.0)
        if stage < stages and held.any():
            now = HeatEquation(mixture.body(held)).advance(now, step)
    return np.asarray(now)


def _put_leak(
    leak: Extravasation, cement: FloatArray, tissue: NDArray[np.uint8], grid: Grid
) -> FloatArray:
    """Return the cement with what leaked in the nearest voxels of the tissue it leaked into."""
    if leak.path not in LEAKED_INTO:
        return cement
    free = np.argwhere((tissue == TISSUES.index(LEAKED_INTO[leak.path])) & (cement == 0.0))
    away = np.linalg.norm(grid.to_world(free) - leak.first_lps_mm, axis=1)
    nearest = free[np.argsort(away, kind="stable")]
    cells = leak.volume_mm3 / grid.voxel_volume_mm3
    share = np.clip(cells - np.arange(len(nearest)), 0.0, 1.0)
    out = cement.copy()
    out[tuple(nearest.T)] = share
    return out


def _entry_s(filling: Filling) -> FloatArray:
    """Return when each cell's cement came in, by the order of its age; infinite without cement."""
    share = filling.cement_share.ravel().astype(np.float64)
    cells = np.flatnonzero(share > 0.0)
    age = filling.age_s.ravel()[cells]
    age = np.where(np.isfinite(age), age, np.nanmin(age))
    order = np.argsort(-age, kind="stable")
    volume = share[cells][order]
    middle = np.cumsum(volume) - 0.5 * volume
    curve = filling.curve
    kept = curve.injected_mm3 - curve.leaked_mm3.sum(axis=1)
    kept = np.maximum.accumulate(kept)
    out = np.full(share.size, np.inf)
    out[cells[order]] = np.interp(
        middle / volume.sum(), kept / max(float(kept[-1]), 1e-12), curve.time_s
    )
    return out.reshape(filling.grid.shape)


def _map_tissues(survey: BoneSurvey, grid: Grid, setting: HeatSetting) -> NDArray[np.uint8]:
    """Return the tissue of each voxel of the box."""
    vertebra = survey.vertebra
    source = vertebra.regions.grid
    out = np.full(grid.shape, _SOFT, dtype=np.uint8)
    for plate, sign in ((vertebra.superior, 1.0), (vertebra.inferior, -1.0)):
        beyond = sign * _above_plate(vertebra, plate, grid)
        out[(beyond > 0.0) & (beyond <= setting.disc_mm)] = _DISC
    inside = vertebra.mask(Region.CANAL).astype(np.float32)
    canal = average_over_voxels(inside, source, grid, (1, 1, 1)) > 0.5
    out[_continue_along(canal)] = _CANAL
    others = average_over_voxels(vertebra.neighbours.values, source, grid, (1, 1, 1)) > 0.5
    out[others & ~canal] = _BONE
    bone = survey.bone
    own = _place(bone.region, bone.grid, grid, OUTSIDE) != OUTSIDE
    dense = PorosityLaw().evaluate(bone.density_mg_per_ml) < _CORTEX_POROSITY
    out[own] = _BONE
    out[own & (_place(dense, bone.grid, grid, 0.0) > 0.5)] = _CORTEX
    return out


def _above_plate(vertebra: Vertebra, plate: Endplate, grid: Grid) -> FloatArray:
    """Return how far voxels lie above an endplate along the axis, NaN beside it."""
    origin = vertebra.frame.to_local(grid.affine[:3, 3])
    x, y, z = (origin[a] + grid.spacing_mm[a] * np.arange(grid.shape[a]) for a in range(3))
    height = surface_over_columns(plate.surface, x, y)
    return np.asarray(z - height[:, :, None])


def _near_plate(
    vertebra: Vertebra, plate: Endplate, grid: Grid, reach_mm: float
) -> NDArray[np.bool_]:
    return np.asarray(np.abs(_above_plate(vertebra, plate, grid)) <= reach_mm)


def _continue_along(canal: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the canal with its last layers repeated to both ends of the third axis."""
    layers = np.flatnonzero(canal.any(axis=(0, 1)))
    if not len(layers):
        return canal
    number = np.clip(np.arange(canal.shape[2]), layers[0], layers[-1])
    return np.asarray(canal[:, :, number])


def _place(values: NDArray[np.generic], source: Grid, grid: Grid, outside: float) -> FloatArray:
    """Return a field on a grid of the same cells that reaches farther or less far."""
    start = np.rint(source.to_index(grid.affine[:3, 3])).astype(int)
    out = np.full(grid.shape, outside, dtype=np.float64)
    low = np.maximum(-start, 0)
    high = np.minimum(np.array(source.shape) - start, grid.shape)
    if (high > low).all():
        here = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        there = tuple(slice(a, b) for a, b in zip(low + start, high + start, strict=True))
        out[here] = values[there]
    return out


def _method(product: CementProduct, setting: HeatSetting, grid: Grid) -> tuple[str, ...]:
    size = " x ".join(f"{s:.2g}" for s in grid.spacing_mm)
    shape = " x ".join(str(n) for n in grid.shape)
    return (
        (
            f"Heat conduction with blood flow and cure ({product.kinetics.title}) in a box of "
            f"{shape} cells of {size} mm whose sides, {setting.margin_mm:g} mm or more from the "
            f"cement, stay at {setting.body_c:g} °C."
        ),
        f"Cement enters at {setting.cement_c:g} °C and warms during the injection.",
        (
            "Endplates: tissue, bone and disc, within "
            f"{setting.plate_mm:g} mm of their surface; canal: all of it in the box."
        ),
    )
