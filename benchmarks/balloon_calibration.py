"""Pressure of a balloon in a lumbar body of young and of its own density, for a few strengths.

    python benchmarks/balloon_calibration.py DENSITY REGIONS [--shares 0.12 0.17 0.22]
        [--spacing 1.5] [-o OUT.json]

DENSITY is a calibrated image of an isolated lumbar vertebra (mg/ml, K2HPO4), REGIONS its regions as
`vertaug strength --regions` takes them: 1 and 2 body, 3 and 4 posterior elements. All of the bone
is at one share of the uniaxial strength, as bodies that were crushed all round; there are no discs.
Young is 2.2 times as dense. A balloon 15/3 lies along the body's depth, its end 5 mm behind the
front and its axis 11 mm under the top. Published: 0.846 +- 0.192 MPa at 2.95 +- 0.18 ml in 15
lumbar bodies of three young men (PMID 16762891); their density, place and number of balloons are
not.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import nibabel
import numpy as np
from scipy.ndimage import map_coordinates

from vertaug.augmentation.balloon.bone_points import PointGrid, drill, fill_points
from vertaug.augmentation.balloon.crushed_bone import calibrated_bone
from vertaug.augmentation.balloon.inflation import InflationLimits, inflate, place_balloons
from vertaug.augmentation.balloon.product import balloon_named

END_MM3 = 2950.0
YOUNG = 2.2
DISC_MM, DISC_MPA, DISC_G_PER_ML = 5.0, 0.05, 1e-3
BESIDE_MM, LEAST_G_PER_ML = 8.0, 0.01
BEHIND_MM, UNDER_MM = 5.0, 11.0


def read_eighths(density, regions, spacing_mm):
    """Return the grid, and density and region of each eighth of a voxel; axes left, back, up."""
    image, labels = (nibabel.load(path) for path in (density, regions))
    ras = [nibabel.as_closest_canonical(one) for one in (image, labels)]
    # right, anterior, superior to left, posterior, superior
    rho, region = (np.asarray(one.dataobj)[::-1, ::-1] for one in ras)
    behind, within = (np.argwhere(np.isin(region, k))[:, 1].mean() for k in ((3, 4), (1, 2)))
    if behind < within:
        # some files name their axes the other way round
        rho, region = rho[:, ::-1], region[:, ::-1]
    zoom = np.array(ras[0].header.get_zooms()[:3], dtype=float)
    index = np.argwhere((region == 1) | (region == 2)) * zoom
    margin = np.array([BESIDE_MM, BESIDE_MM, DISC_MM])
    low, high = index.min(axis=0) - margin, index.max(axis=0) + zoom + margin
    shape = np.ceil((high - low) / spacing_mm).astype(int)
    half = [low[a] + 0.5 * spacing_mm * (np.arange(2 * n) + 0.5) for a, n in enumerate(shape)]
    at = np.stack(np.meshgrid(*half, indexing="ij")) / zoom[:, None, None, None] - 0.5
    grid = PointGrid(shape=tuple(int(n) for n in shape), spacing_mm=spacing_mm)
    return grid, map_coordinates(rho / 1000.0, at, order=1), map_coordinates(region, at, order=0)


def build(grid, rho, region, times):
    """Return points of bone and of nothing-bearing discs, and the nodes that are held."""
    bone, body = (region >= 1) & (region <= 4), (region == 1) | (region == 2)
    column = body.any(axis=2, keepdims=True)
    z = np.arange(region.shape[2])
    top = region.shape[2] - np.argmax(body[:, :, ::-1], axis=2)[..., None]
    bottom = np.argmax(body, axis=2)[..., None]
    disc = column & ((z >= top) | (z < bottom)) & ~bone
    filled = np.where(bone, np.clip(times * rho, LEAST_G_PER_ML, 1.5), 0.0)
    filled[disc] = DISC_G_PER_ML
    held = np.zeros((3, *grid.node_shape), dtype=bool)
    held[..., 0] = held[..., -1] = True
    points = fill_points(grid, filled, np.where(disc, DISC_MPA, 0.0))
    return points, held.reshape(3, -1), np.argwhere(body) * 0.5 * grid.spacing_mm


def run(eighths, share, times):
    """Return the volume and the pressure at the end of one inflation."""
    grid, rho, region = eighths
    points, held, body_mm = build(grid, rho, region, times)
    balloon = balloon_named("15/3")
    low, high = body_mm.min(axis=0), body_mm.max(axis=0)
    depth = low[1] + BEHIND_MM + 0.5 * balloon.length_mm.value
    middle = np.array([0.5 * (low[0] + high[0]), depth, high[2] - UNDER_MM])
    surface, skin = balloon.folded(middle, np.array([0.0, 1.0, 0.0]))
    law = calibrated_bone().with_strength_share(share).law()
    state = place_balloons(grid, law, held, drill(points, surface, grid), ((surface, skin),))
    found = inflate(state, InflationLimits(volume_mm3=END_MM3))
    return float(found.volume_mm3[-1, 0]), float(found.pressure_mpa[-1, 0])


def main():
    """Print and keep the pressures at the published volume."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("density", type=Path)
    parser.add_argument("regions", type=Path)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.12, 0.17, 0.22])
    parser.add_argument("--spacing", type=float, default=1.5)
    parser.add_argument("-o", type=Path, default=None)
    given = parser.parse_args()
    eighths = read_eighths(given.density, given.regions, given.spacing)
    rows = []
    for share in given.shares:
        for name, times in (("young", YOUNG), ("own", 1.0)):
            volume, pressure = run(eighths, share, times)
            rows.append({"share": share, "density": name, "ml": volume / 1e3, "mpa": pressure})
            print(
                f"s {share:.2f}, {name:5s}: {pressure:.2f} MPa at {volume / 1e3:.2f} ml", flush=True
            )
    if given.o is not None:
        given.o.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
