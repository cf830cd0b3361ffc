"""Hounsfield units around the vertebrae, before the scanner: NumPy, compiled by `_soft_numba`.

Coordinates in mm about the spine: x left and y posterior of the middle of the vertebral body at
the same height, z superior of the middle of L1. Organs are ellipsoids and plates with soft
edges, laid over each other. Positions, sizes and HU are design values for a native CT at 120 kV.
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable

from vertaug.imaging.phantom._bone_hu_reference import lattice_noise
from vertaug.imaging.phantom._field_reference import bump, ellipse, round_max, smooth_min

FAT, MUSCLE, AIR = -103.0, 50.0, -1000.0


@register_jitable(error_model="numpy")
def clip01(value: Any) -> Any:
    """Limit to [0, 1]."""
    return np.minimum(np.maximum(value, 0.0), 1.0)


@register_jitable(error_model="numpy")
def over(hu: Any, distance: Any, value: Any, edge: Any) -> Any:
    """Lay a tissue over another where ``distance`` is negative; ``edge`` mm wide transition."""
    return hu + clip01(0.5 - distance / edge) * (value - hu)


@register_jitable(error_model="numpy")
def ellipsoid(x: Any, y: Any, z: Any, centre: Any, half: Any) -> Any:
    """First-order distance to an ellipsoid."""
    a, b, c = 1.0 / half[0], 1.0 / half[1], 1.0 / half[2]
    p, q, w = (x - centre[0]) * a, (y - centre[1]) * b, (z - centre[2]) * c
    r = np.sqrt(p * p + q * q + w * w) + 1e-9
    p, q, w = p * a, q * b, w * c
    return r * (r - 1.0) / (np.sqrt(p * p + q * q + w * w) + 1e-9 * a)


@register_jitable(error_model="numpy")
def skin_distance(x: Any, y: Any, z: Any) -> Any:
    """Distance to the skin; the back is flat where it rests on the table."""
    squared = x * np.sqrt(np.abs(x) / 168.0)
    furrow = 2.0 * bump(x, 0.0, 26.0) * clip01((y - 20.0) / 20.0)
    return ellipse(squared, y + 28.0 - 0.012 * z, 168.0, 112.0) + furrow


@register_jitable(error_model="numpy")
def back_muscle(x: Any, y: Any, z: Any) -> Any:
    """Distance to the erector spinae and the multifidus of one side."""
    q = np.abs(x)
    swell = 1.0 + 0.0012 * np.minimum(np.maximum(-z, -60.0), 90.0)
    erector = ellipse(q - 33.0, y - 45.0 + 0.08 * (q - 33.0), 27.0 * swell, 19.0 * swell)
    multifidus = ellipse(q - 13.5, y - 46.0, 12.5, 17.0)
    return np.maximum(smooth_min(erector, multifidus, 3.0), 3.2 - q)


@register_jitable(error_model="numpy")
def wall_layers(hu: Any, x: Any, y: Any, skin: Any, streak: Any) -> Any:
    """Muscles of the abdominal wall and the subcutaneous fat."""
    front = clip01((25.0 - y) / 30.0)
    for_layer = skin + 22.0 + 2.0 * streak
    for n in range(3):
        middle = for_layer + 5.0 + 8.5 * n
        plate = np.abs(middle) - 3.5
        hu = hu + front * (over(hu, plate, MUSCLE - 4.0, 1.5) - hu)
    return hu


@register_jitable(error_model="numpy")
def muscles(hu: Any, x: Any, y: Any, z: Any, half_depth: Any, lattice: Any) -> Any:
    """Back muscles with fatty streaks, quadratus lumborum, psoas, crura of the diaphragm."""
    q = np.abs(x)
    side = np.where(x < 0.0, 17.0, 0.0)
    streak = lattice_noise(x / 4.2 + side, y / 3.6, z / 26.0, lattice)
    fine = lattice_noise(x / 1.9, y / 1.9 + 31.0, z / 12.0, lattice)
    edge = 1.2 * lattice_noise(x / 7.0, y / 7.0 + side, z / 20.0, lattice)
    fatty = clip01((streak + 0.5 * fine - 0.12) / 0.4) * 0.9
    depth = clip01((y - 30.0) / 22.0)
    meat = MUSCLE - fatty * (0.55 + 0.45 * (1.0 - depth)) * 115.0 - 5.0 + 5.0 * fine
    cleft = np.abs(q - 22.0 - 0.28 * (y - 45.0) - 1.5 * edge) - 0.7
    meat = over(meat, cleft, -55.0, 1.6)
    hu = over(hu, back_muscle(x, y, z) + edge, meat, 1.6)
    caudal = clip01((18.0 - z) / 25.0)
    quadratus = ellipse(q - 50.0, y - 25.0 + 0.25 * (q - 50.0), 17.0, 6.0 * caudal + 0.5)
    quadratus = quadratus + 4.0 * (1.0 - caudal)
    hu = over(hu, quadratus + edge, MUSCLE - 3.0 - 40.0 * fatty, 1.6)
    grow = clip01((16.0 - z) / 105.0)
    wide, deep = 2.0 + 13.0 * grow, 4.0 + 14.0 * grow
    psoas = ellipse(q - 18.0 - 0.95 * wide, y - 2.0 - 3.0 * grow, wide, deep)
    hu = over(hu, psoas + 1.6 * edge, MUSCLE + 5.0 - 25.0 * fatty, 1.6)
    cranial = clip01((z + 45.0) / 40.0)
    crus = ellipse(x + 8.0, y + half_depth + 5.5, 9.0, 4.2 * cranial + 0.4)
    other = ellipse(x - 19.0, y + half_depth + 5.0, 3.4 * cranial + 0.4, 10.0)
    return over(hu, np.minimum(crus, other) + 0.5 * edge + 3.0 * (1.0 - cranial), MUSCLE, 1.6)


@register_jitable(error_model="numpy")
def vessels(hu: Any, x: Any, y: Any, z: Any, half_depth: Any, lattice: Any) -> Any:
    """Aorta with calcified plaques in its wall, inferior vena cava."""
    u, v = x - 9.0 - 0.02 * z, y + half_depth + 15.5
    sway = 1.2 * np.sin(z / 31.0)
    radius = 10.2 + 0.012 * z
    r = np.sqrt((u - sway) ** 2 + v * v)
    hu = over(hu, r - radius, 42.0, 1.4)
    plaque = lattice_noise(u / 5.0, v / 5.0, z / 7.0, lattice)
    calcium = clip01((plaque - 0.42) / 0.08) * clip01(1.1 - np.abs(r - radius + 0.9) / 0.8)
    hu = hu + calcium * (620.0 - hu)
    cava = ellipse(x + 18.0 + sway, y + half_depth + 15.0 - 0.04 * z, 12.5, 8.0)
    return over(hu, cava, 38.0, 1.4)


@register_jitable(error_model="numpy")
def liver_and_spleen(hu: Any, x: Any, y: Any, z: Any, lattice: Any) -> Any:
    """Liver with its veins on the right, spleen on the left."""
    rough = lattice_noise(x / 14.0, y / 14.0 + 7.0, z / 14.0, lattice)
    tree = lattice_noise(x / 8.0, y / 8.0, z / 9.0 + 3.0, lattice)
    liver = ellipsoid(x, y, z, (-88.0, -34.0, 42.0), (66.0, 66.0, 80.0)) + 4.0 * rough
    vein = clip01(1.0 - np.abs(tree) / 0.05)
    hu = over(hu, liver, 57.0 - 14.0 * vein, 1.8)
    spleen = ellipsoid(x, y, z, (98.0, 12.0, 52.0), (32.0, 46.0, 46.0)) + rough
    return over(hu, spleen, 49.0, 1.8)


@register_jitable(error_model="numpy")
def pancreas(hu: Any, x: Any, y: Any, z: Any, lattice: Any) -> Any:
    """Pancreas and duodenum in front of the great vessels, lobed, with fat between."""
    lobes = lattice_noise(x / 6.0, y / 6.0, z / 6.0, lattice)
    d = ellipsoid(x, y, z, (8.0, -64.0, 5.0), (52.0, 11.0, 15.0)) + 3.0 * lobes
    return over(hu, d, 36.0 - 45.0 * clip01(lobes - 0.2), 2.5)


@register_jitable(error_model="numpy")
def kidneys(hu: Any, x: Any, y: Any, z: Any, lattice: Any) -> Any:
    """Both kidneys with the fat of their sinus; the left one lies higher."""
    rough = lattice_noise(x / 14.0, y / 14.0 + 7.0, z / 14.0, lattice)
    lobes = lattice_noise(x / 6.0, y / 6.0, z / 6.0, lattice)
    low = np.where(x < 0.0, -34.0, -20.0)
    tilt = np.abs(x) - 62.0 + 0.14 * (z - low)
    kidney = ellipsoid(tilt, y - 2.0, z - low, (0.0, 0.0, 0.0), (26.0, 23.0, 52.0))
    kidney = kidney + 2.0 * rough + 1.5 * lobes
    hu = over(hu, kidney, 33.0, 1.6)
    sinus = ellipsoid(tilt, y, z - low, (-13.0, 2.0, 0.0), (12.0, 8.0, 26.0)) + 4.0 * lobes
    return over(hu, sinus, -75.0, 2.5)


@register_jitable(error_model="numpy")
def lungs(hu: Any, x: Any, y: Any, z: Any, lattice: Any) -> Any:
    """Draw the recesses of the lungs beside T10 and T11, on the diaphragm."""
    tree = lattice_noise(x / 8.0, y / 8.0, z / 9.0 + 3.0, lattice)
    lobes = lattice_noise(x / 6.0, y / 6.0, z / 6.0, lattice)
    cavity = ellipse(x, y + 35.0, 121.0, 74.0)
    dome = ellipsoid(x, y, np.maximum(z, -8.0), (0.0, -35.0, -8.0), (127.0, 79.0, 104.0))
    lung = round_max(round_max(cavity, -dome, 3.0), 29.0 - np.abs(x) + 0.15 * y, 4.0)
    hu = over(hu, lung - 2.5, 42.0, 1.6)
    air = -862.0 + 55.0 * tree + 500.0 * clip01((lobes * tree - 0.28) / 0.12)
    return over(hu, lung, air, 2.0)


BOWEL_LOOPS: tuple[tuple[float, ...], ...] = (
    (46.0, -72.0, -48.0, 22.0, 17.0, 30.0),
    (-44.0, -66.0, -68.0, 24.0, 18.0, 26.0),
    (4.0, -78.0, -62.0, 20.0, 13.0, 22.0),
    (74.0, -44.0, -30.0, 15.0, 16.0, 60.0),
    (-78.0, -48.0, -84.0, 18.0, 19.0, 44.0),
    (60.0, -70.0, 40.0, 38.0, 26.0, 36.0),
    (20.0, -84.0, -96.0, 26.0, 18.0, 24.0),
)
"""Centre and half axes of the loops of bowel and of the stomach."""


@register_jitable(error_model="numpy")
def bowel_loop(hu: Any, x: Any, y: Any, z: Any, loop: Any, lattice: Any) -> Any:
    """Draw a loop with wall, contents and gas that has risen to the front."""
    lobes = 3.0 * lattice_noise(x / 9.0, y / 9.0, z / 9.0 + 11.0, lattice)
    d = ellipsoid(x, y, z, (loop[0], loop[1], loop[2]), (loop[3], loop[4], loop[5])) + lobes
    hu = over(hu, d, 38.0, 1.6)
    level = y - loop[1] + 0.25 * loop[4]
    return over(hu, d + 3.0, np.where(level > 0.0, 18.0 + 6.0 * lobes, -940.0), 2.0)


@register_jitable(error_model="numpy")
def canal_contents(hu: Any, x: Any, y: Any, z: Any, half_depth: Any, lattice: Any) -> Any:
    """Epidural fat, thecal sac with cord and cauda equina, yellow and interspinous ligaments."""
    middle = half_depth + 6.6
    q, back = np.abs(x), y - half_depth
    roof = np.abs(0.8 * (back - 16.5) + 0.9 * q) / 1.2 - 2.2
    flavum = np.maximum(np.maximum(roof, q - 12.0), 6.0 - back)
    hu = over(hu, flavum, 62.0, 1.4)
    spinal = np.maximum(np.maximum(q - 3.0, 18.0 - back), back - 45.0)
    fibre = lattice_noise(x / 3.0, y / 4.0, z / 4.0, lattice)
    hu = over(hu, spinal, 35.0 + 45.0 * fibre, 1.4)
    space = np.maximum(ellipse(x, y - middle - 1.5, 11.5, 9.5), -back)
    hu = over(hu, space, -85.0, 1.4)
    sac = ellipse(x, y - middle, 8.6, 6.3)
    root = lattice_noise(x / 1.6, y / 1.6, z / 30.0, lattice)
    hu = over(hu, sac, 20.0 + 10.0 * clip01(-z / 20.0) * root, 1.2)
    taper = clip01((z + 16.0) / 30.0)
    cord = ellipse(x, y - middle, 0.5 + 4.2 * taper, 0.4 + 3.5 * taper)
    return over(hu, cord, 38.0, 1.2)


@register_jitable(error_model="numpy")
def outside(hu: Any, y: Any, skin: Any) -> Any:
    """Skin, air, mattress and table top."""
    hu = over(hu, -skin - 1.8, 8.0, 1.2)
    surround = AIR + 70.0 * clip01((y - 83.0) / 2.0) * clip01((96.0 - y) / 2.0)
    surround = over(surround, np.abs(y - 98.0) - 0.7, 40.0, 1.2)
    return over(hu, -skin, surround, 1.2)


@register_jitable(error_model="numpy")
def fat_hu(x: Any, y: Any, z: Any, lattice: Any) -> Any:
    """Fat with strands of connective tissue, and the slow noise that made the strands."""
    strand = lattice_noise(x / 9.0, y / 9.0, z / 11.0, lattice)
    fine = lattice_noise(x / 3.1, y / 3.1, z / 5.0, lattice)
    hu = FAT + 4.0 * fine + 75.0 * clip01(1.0 - np.abs(strand + 0.3 * fine) / 0.07)
    return hu, strand


@register_jitable(error_model="numpy")
def warp(x: Any, y: Any, z: Any, lattice: Any) -> Any:
    """Return x and y moved by a few mm, slowly varying, so that no organ is a perfect ellipsoid."""
    u = lattice_noise(x / 27.0 + 19.0, y / 23.0, z / 31.0, lattice)
    v = lattice_noise(x / 25.0, y / 29.0 + 37.0, z / 33.0, lattice)
    return x + 4.0 * u, y + 3.5 * v


def soft_hu(x: Any, y: Any, z: Any, half_depth: Any, lattice: Any) -> Any:
    """Everything but bone and discs; ``half_depth`` is that of the body at this height."""
    skin = skin_distance(x, y, z)
    hu, strand = fat_hu(x, y, z, lattice)
    hu = wall_layers(hu, x, y, skin, strand)
    u, v = warp(x, y, z, lattice)
    for loop in BOWEL_LOOPS:
        hu = bowel_loop(hu, u, v, z, loop, lattice)
    hu = liver_and_spleen(hu, u, v, z, lattice)
    hu = pancreas(hu, u, v, z, lattice)
    hu = kidneys(hu, u, v, z, lattice)
    hu = lungs(hu, u, v, z, lattice)
    hu = muscles(hu, u, v, z, half_depth, lattice)
    hu = vessels(hu, u, v, z, half_depth, lattice)
    hu = canal_contents(hu, x, y, z, half_depth, lattice)
    return outside(hu, y, skin)


@register_jitable(error_model="numpy")
def disc_hu(wall: Any, x: Any, y: Any, lattice: Any) -> Any:
    """Disc, ``wall`` mm inside (negative) its outline: annulus outside, nucleus inside."""
    grain = lattice_noise(x / 3.0, y / 3.0 + 41.0, 0.5, lattice)
    return 74.0 + 26.0 * clip01(1.0 + wall / 8.0) + 6.0 * grain
