"""Render the phantom beside real CT at the same windows, to judge how real it looks.

    python benchmarks/phantom_beside_ct.py ../shared/data OUT.png

The folder holds ``verse012``, ``tptbox-l3`` and ``lidc0314-dicom`` as described in its README.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from vertaug.case.volume import Scan
from vertaug.imaging import read_scan
from vertaug.imaging.phantom import PhantomSpec, build_phantom

WINDOWS = {"bone W 1500 L 300": (-450, 1050), "soft W 400 L 40": (-160, 240)}


@dataclass(frozen=True)
class Panel:
    title: str
    picture: np.ndarray
    aspect: float


def cut(scan: Scan, axis: int, position_mm: float | None, title: str) -> Panel:
    """One slice; ``position_mm`` along the axis from the middle of the grid."""
    spacing = scan.grid.spacing_mm
    n = scan.hu.shape[axis] // 2
    if position_mm is not None:
        n += round(position_mm / spacing[axis])
    picture = np.take(scan.hu, n, axis=axis).T
    a, b = (other for other in range(3) if other != axis)
    if axis != 2:
        picture = picture[::-1]
    return Panel(title, picture, float(spacing[b] / spacing[a]))


def crop(panel: Panel, rows: tuple[int, int], columns: tuple[int, int]) -> Panel:
    return Panel(panel.title, panel.picture[slice(*rows), slice(*columns)], panel.aspect)


def render(panels: list[Panel], out: Path) -> None:
    columns = len(panels)
    figure, axes = plt.subplots(2, columns, figsize=(4.2 * columns, 9), facecolor="black")
    for row, (name, (low, high)) in enumerate(WINDOWS.items()):
        for axis, panel in zip(axes[row], panels, strict=True):
            axis.imshow(
                panel.picture, cmap="gray", vmin=low, vmax=high,
                aspect=panel.aspect, interpolation="bilinear",
            )  # fmt: skip
            axis.set_title(f"{panel.title}\n{name}", color="white", fontsize=9)
            axis.axis("off")
    figure.tight_layout()
    figure.savefig(out, dpi=70, facecolor="black")


def main() -> None:
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    fine = build_phantom(PhantomSpec()).scan
    coarse = build_phantom(
        PhantomSpec(spacing_mm=(3.0, 1.0, 1.0), noise_hu=55.0, sharpness_mm=0.45)
    ).scan
    isotropic = build_phantom(PhantomSpec(spacing_mm=(1.5, 1.5, 1.5), noise_hu=22.0)).scan
    verse = read_scan(data / "verse012" / "sub-verse012_ct.nii.gz")
    crop_l3 = read_scan(data / "tptbox-l3" / "sub-ct_label-22_ct.nii.gz")
    chest = read_scan(data / "lidc0314-dicom")
    render(
        [
            cut(verse, 0, None, "verse012 sagittal"),
            cut(coarse, 0, None, "phantom 3 x 1 x 1 mm"),
            crop(cut(crop_l3, 2, None, "tptbox L3 axial"), (0, 73), (0, 73)),
            crop(cut(isotropic, 2, -71, "phantom L3 1.5 mm"), (30, 103), (23, 96)),
            crop(cut(chest, 2, -20, "lidc0314 axial"), (190, 420), (140, 370)),
            cut(fine, 2, 57, "phantom T11"),
            cut(fine, 2, -2, "phantom L1"),
        ],
        out,
    )


if __name__ == "__main__":
    main()
