"""The files of a filling: cement over time, curves, animations."""

from pathlib import Path

import numpy as np

from vertaug.case.augmentation_content import (
    KPA,
    ML,
    ML_PER_MIN,
    filling_file_names,
)
from vertaug.case.filling import LEAK_PATHS, Filling
from vertaug.case.plan import Procedure
from vertaug.case.spine import Spine
from vertaug.case.storage import replace_bytes, replace_text
from vertaug.report.filling_films import FillingFilms

_SHARE_WORDS = "share of each cell that is cement, 0 to 1 (vertaug)"


def write_filling_files(
    filling: Filling, films: FillingFilms | None, spine: Spine, folder: Path
) -> tuple[Path, ...]:
    """Write the cement of each frame as NIfTI, times and curves as CSV, and a GIF of each view.

    Parameters
    ----------
    filling : Filling
    films : FillingFilms or None
        None leaves the GIFs out.
    spine : Spine
        For letters and outlines.
    folder : Path
        Of the case; names are those of `filling_file_names`.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    images = films is not None
    paths = [Path(folder) / name for name in filling_file_names(filling, images=images)]
    write_filling_tables(filling, folder)
    if films is not None:
        from vertaug.report.filling_gif import filling_gifs

        animations = [path for path in paths if path.suffix == ".gif"]
        for path, data in zip(animations, filling_gifs(filling, films, spine), strict=True):
            replace_bytes(path, data)
    return tuple(paths)


def write_filling_tables(
    filling: Filling, folder: Path, procedure: Procedure = Procedure.VERTEBROPLASTY
) -> tuple[Path, ...]:
    """Write the cement of each frame as NIfTI, and times and curves as CSV.

    Parameters
    ----------
    filling : Filling
    folder : Path
        Of the case; names are those of `filling_file_names` without images.
    procedure : Procedure
        Whose folder they lie in.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    from vertaug.imaging import write_nifti

    names = filling_file_names(filling, images=False, procedure=procedure)
    paths = [Path(folder) / name for name in names]
    cement = [path for path in paths if path.name.endswith(".nii.gz")]
    for path, frame in zip(cement, filling.frames, strict=True):
        write_nifti(path, frame.cement_share, filling.grid, description=_SHARE_WORDS)
    tables = [path for path in paths if path.suffix == ".csv"]
    for path, text in zip(tables, (_frames_text(filling), _curves_text(filling)), strict=True):
        replace_text(path, text)
    return tuple(paths)


def _frames_text(filling: Filling) -> str:
    lines = ["file,time_s,injected_ml,in_grid_ml"]
    names = filling_file_names(filling)
    cell = filling.grid.voxel_volume_mm3
    for name, frame in zip(names, filling.frames, strict=False):
        held = float(frame.cement_share.sum(dtype=np.float64)) * cell * ML
        row = f"{frame.time_s:.3f},{frame.injected_mm3 * ML:.6f},{held:.6f}"
        lines.append(f"{name.rpartition('/')[2]},{row}")
    return "\n".join(lines) + "\n"


def _curves_text(filling: Filling) -> str:
    curve = filling.curve
    names = [f"leaked_{path}_ml" for path in LEAK_PATHS]
    head = ["time_s", "portion", "injected_ml", "rate_ml_per_min", "tip_kpa", "syringe_kpa"]
    lines = [",".join([*head, *names])]
    for n, time in enumerate(curve.time_s):
        leaked = [f"{volume * ML:.6f}" for volume in curve.leaked_mm3[n]]
        row = (
            f"{time:.3f},{curve.portion[n]},{curve.injected_mm3[n] * ML:.6f},"
            f"{curve.rate_mm3_per_s[n] * ML_PER_MIN:.4f},{curve.tip_mpa[n] * KPA:.4f},"
            f"{curve.syringe_mpa[n] * KPA:.3f}"
        )
        lines.append(",".join([row, *leaked]))
    return "\n".join(lines) + "\n"
