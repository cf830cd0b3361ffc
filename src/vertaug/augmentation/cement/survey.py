"""What the CT shows of a vertebra's bone and wall, found once for any number of draws."""

from dataclasses import dataclass

import numpy as np

from vertaug.augmentation.cement.bone_on_grid import BoneOnGrid, bone_on_grid
from vertaug.augmentation.cement.foramen import mark_foramen
from vertaug.augmentation.cement.openings import (
    LeakPath,
    Wall,
    WallSetting,
    find_wall,
    visible_size,
)
from vertaug.case.density import DensityCalibration
from vertaug.case.grid import Grid
from vertaug.case.spine import Vertebra

LEAST_GAS_MM3 = 10.0
"""Less gas in a bone is not told."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoneSurvey:
    """What the CT shows of a vertebra, for any number of porous bodies with other draws.

    Attributes
    ----------
    vertebra : Vertebra
    bone : BoneOnGrid
    wall : Wall
    setting : WallSetting
    notes : tuple of str
    wall_limit : str
        As in `Filling`.
    """

    vertebra: Vertebra
    bone: BoneOnGrid
    wall: Wall
    setting: WallSetting
    notes: tuple[str, ...]
    wall_limit: str = ""


def survey_bone(
    vertebra: Vertebra,
    calibration: DensityCalibration | None,
    scan_grid: Grid | None = None,
    *,
    spacing_mm: float | tuple[float, float, float] = 1.0,
    setting: WallSetting | None = None,
) -> BoneSurvey:
    """Find what the CT shows of a vertebra's bone and wall.

    Parameters
    ----------
    vertebra : Vertebra
        Complete.
    calibration : DensityCalibration or None
        Of its Hounsfield units; None is refused.
    scan_grid : Grid, optional
        Of the CT, to judge what it can show. Without it voxels of 1 mm are assumed.
    spacing_mm : float or tuple of 3 float
        Of the cells along left, posterior, superior; 0.5 to 2 mm.
    setting : WallSetting, optional

    Raises
    ------
    InputError
        If the density is not calibrated, or vertebra or spacing cannot be used.
    """
    setting = setting or WallSetting()
    spacing = np.broadcast_to(np.asarray(spacing_mm, dtype=np.float64), (3,))
    bone = bone_on_grid(vertebra, calibration, spacing)
    assert calibration is not None  # refused above
    wall = find_wall(vertebra, calibration, bone, scan_grid, setting)
    wall = mark_foramen(vertebra, calibration, bone, wall, scan_grid=scan_grid, setting=setting)
    return BoneSurvey(
        vertebra=vertebra,
        bone=bone,
        wall=wall,
        setting=setting,
        notes=_notes(vertebra, bone, wall, scan_grid),
        wall_limit=_wall_limit(wall, scan_grid),
    )


def _notes(
    vertebra: Vertebra, bone: BoneOnGrid, wall: Wall, scan_grid: Grid | None
) -> tuple[str, ...]:
    size = np.ones(3) if scan_grid is None else scan_grid.spacing_mm
    voxel = " x ".join(f"{s:.2g}" for s in size)
    known = "" if scan_grid is not None else " (assumed)"
    unseen = f"veins and fissures thinner than about {visible_size(scan_grid):.1f} mm"
    notes = [
        f"{vertebra.level}: {unseen} cannot be seen in voxels of {voxel} mm{known}; drawn at random"
    ]
    if size.max() > _COARSE_MM:
        notes.append(
            f"voxels of {size.max():.2g} mm blur the cortex: its thickness and gaps at right "
            "angles to them are rough"
        )
    if not (wall.path == LeakPath.B).any():
        notes.append(
            "the basivertebral foramen is not seen; its place and size are drawn at random"
        )
    if wall.foramen_mm2 > 0.0:
        notes.append(
            f"the basivertebral foramen is seen in the posterior wall, {wall.foramen_mm2:.0f} mm2"
        )
    if bone.gas_mm3 >= LEAST_GAS_MM3:
        notes.append(f"{bone.gas_mm3 / 1000.0:.2f} ml of gas in the bone count as free space")
    notes.append("a gap filled with fluid is seen only as bone of low density")
    return tuple(notes)


def _wall_limit(wall: Wall, scan_grid: Grid | None) -> str:
    """Return where the CT shows no cortex, and whether that may be blur."""
    areas = {path: _unseen_mm2(wall, path) for path in _WHERE}
    where = ", ".join(
        f"{areas[path]:.0f} mm2 {_WHERE[path]}" for path in areas if areas[path] > 0.0
    )
    if not where:
        return ""
    coarsest = 1.0 if scan_grid is None else float(scan_grid.spacing_mm.max())
    doubt = (
        f"with voxels of {coarsest:.2g} mm this may be blur and not a defect"
        if coarsest > _COARSE_MM
        else "it is a defect, or bone too thin for this CT"
    )
    return (
        f"in this CT the cortex cannot be seen over {where}: the model lets cement out there; "
        f"{doubt}"
    )


def _unseen_mm2(wall: Wall, path: LeakPath) -> float:
    return float(wall.area_mm2[wall.opened & (wall.path == path)].sum())


_COARSE_MM = 1.5
_WHERE = {
    LeakPath.CANAL: "toward the canal",
    LeakPath.C: "at the sides and in front",
    LeakPath.D: "at the endplates",
}
