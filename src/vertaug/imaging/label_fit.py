"""Whether labels lie on the bone of this CT, and clean-up of stray voxels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import LabelError
from vertaug.case.grid import FloatArray
from vertaug.case.volume import LabelMap, Scan

# A vertebra has a cortical shell. Its outer 2 mm against 1 to 4 mm outside it, mean HU, measured:
# 425 (verse012, 3 mm voxels), 387 (tptbox-l3), 221 (verse004-l2, osteoporotic, with its cement
# disks); the same labels shifted by 15 to 35 mm: at most 93, mirrored: at most 169. Left-right
# mirrored labels can pass: a vertebra is nearly symmetric, and no edge tells its sides apart.
_SHELL_INSIDE_MM = 2.0
_SHELL_OUTSIDE_MM = (1.0, 4.0)
_CLEAR_CONTRAST_HU = 180.0
_LEAST_CONTRAST_HU = 100.0
_PROBE_MM = 10.0  # a right fit is lost at once when the labels are moved
_PROBE_FACTOR = 2.0
_WEAK_SHARE = 0.4
_MOST_LEVELS = 8
_FRAGMENT_SHARE = 0.02
_FRAGMENT_DISTANCE_MM = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    """Voxel indices of the shells inside and outside a vertebra's surface, (n, 3) each."""

    inside: NDArray[np.int64]
    outside: NDArray[np.int64]


def check_fit(labels: LabelMap, scan: Scan, name: str) -> tuple[str, ...]:
    """Check that the labelled surfaces are the surface of bone in the CT.

    Returns
    -------
    tuple of str
        Notes on levels that fit much worse than the others.

    Raises
    ------
    LabelError
        If there is no bone edge where the labels have theirs: labels of another patient,
        shifted or mirrored.
    """
    levels = list(labels.levels)
    if len(levels) > _MOST_LEVELS:
        chosen = np.linspace(0, len(levels) - 1, _MOST_LEVELS).round().astype(int)
        levels = [levels[i] for i in chosen]
    spacing = labels.grid.spacing_mm
    shells = {n: _find_shell(labels.values, labels.levels[n], spacing) for n in levels}
    shells = {n: s for n, s in shells.items() if len(s.inside) and len(s.outside)}
    if not shells:
        return ()
    contrasts = {n: _contrast(scan.hu, s, (0, 0, 0)) for n, s in shells.items()}
    usual = float(np.median(list(contrasts.values())))
    if usual < _CLEAR_CONTRAST_HU:
        _check_peak(scan, shells, usual, name)
    weak = [n for n, value in contrasts.items() if value < _WEAK_SHARE * usual]
    if weak:
        return (f"The labels of {', '.join(weak)} fit the CT much worse than the others.",)
    return ()


def _check_peak(scan: Scan, shells: dict[str, _Shell], usual: float, name: str) -> None:
    steps = np.maximum(np.rint(_PROBE_MM / scan.grid.spacing_mm).astype(int), 1)
    moved = []
    for axis in range(3):
        for sign in (-1, 1):
            offset = tuple(int(sign * steps[a]) if a == axis else 0 for a in range(3))
            values = [_contrast(scan.hu, shell, offset) for shell in shells.values()]
            moved.append(float(np.median(values)))
    best = max(moved)
    if usual >= _LEAST_CONTRAST_HU and usual >= _PROBE_FACTOR * best:
        return
    message = (
        f"{name}: the labels do not lie on the bone of this CT: across their surface the CT "
        f"changes by {usual:.0f} HU, while a vertebra shows more than "
        f"{_CLEAR_CONTRAST_HU:.0f} HU. They belong to another patient or scan, or are shifted or "
        "mirrored; give the labels made from this CT"
    )
    raise LabelError(message)


def _find_shell(values: NDArray[np.uint8], value: int, spacing: FloatArray) -> _Shell:
    from scipy import ndimage

    reach = np.ceil(_SHELL_OUTSIDE_MM[1] / spacing).astype(int) + 1
    box = _bounding_box(values == value, reach)
    crop = values[box]
    own = crop == value
    outward = ndimage.distance_transform_edt(~own, sampling=spacing)
    inward = ndimage.distance_transform_edt(own, sampling=spacing)
    near, far = _SHELL_OUTSIDE_MM
    start = np.array([part.start for part in box])
    outside = (crop == 0) & (outward > near) & (outward <= far)
    # at least the outermost voxel, however large the voxels are
    limit = max(_SHELL_INSIDE_MM, float(spacing.min()))
    return _Shell(
        inside=np.argwhere(own & (inward <= limit)) + start,
        outside=np.argwhere(outside) + start,
    )


def _bounding_box(mask: NDArray[np.bool_], margin: NDArray[Any]) -> tuple[slice, ...]:
    box = []
    for axis in range(3):
        other = tuple(a for a in range(3) if a != axis)
        found = np.flatnonzero(mask.any(axis=other))
        low = max(int(found[0]) - int(margin[axis]), 0)
        high = min(int(found[-1]) + int(margin[axis]) + 1, mask.shape[axis])
        box.append(slice(low, high))
    return tuple(box)


def _contrast(hu: NDArray[Any], shell: _Shell, offset: tuple[int, ...]) -> float:
    inside, outside = _sample(hu, shell.inside, offset), _sample(hu, shell.outside, offset)
    if inside.size == 0 or outside.size == 0:
        return 0.0
    return float(inside.mean(dtype=np.float64) - outside.mean(dtype=np.float64))


def _sample(hu: NDArray[Any], index: NDArray[np.int64], offset: tuple[int, ...]) -> NDArray[Any]:
    moved = index + np.array(offset)
    within = np.all((moved >= 0) & (moved < hu.shape), axis=1)
    i, j, k = moved[within].T
    return np.asarray(hu[i, j, k])


def remove_fragments(
    values: NDArray[np.uint8], levels: dict[str, int], spacing: FloatArray
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Remove small pieces of a level that lie away from its main part.

    A piece goes if it holds less than 2 % of the level's voxels and no voxel of it is within
    5 mm of the largest piece.

    Parameters
    ----------
    values : (ni, nj, nk) uint8 array
        Label map; not changed.
    levels : dict of str to int
        Value of each level.
    spacing : (3,) float64 array
        Voxel size in mm.

    Returns
    -------
    values : (ni, nj, nk) uint8 array
    notes : tuple of str
    """
    out = values.copy()
    removed: dict[str, int] = {}
    for level, value in levels.items():
        box = _bounding_box(values == value, np.zeros(3, dtype=int))
        stray = _find_stray(values[box] == value, spacing)
        if stray is not None and stray.any():
            removed[level] = int(np.count_nonzero(stray))
            out[box][stray] = 0
    if not removed:
        return values, ()
    listed = ", ".join(f"{count} of {level}" for level, count in removed.items())
    return out, (f"Stray label voxels away from their vertebra were removed: {listed}.",)


def _find_stray(mask: NDArray[np.bool_], spacing: FloatArray) -> NDArray[np.bool_] | None:
    from scipy import ndimage

    pieces, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))
    if count < 2:
        return None
    sizes = np.bincount(pieces.ravel())[1:]
    main = int(np.argmax(sizes)) + 1
    distance = ndimage.distance_transform_edt(pieces != main, sampling=spacing)
    closest = ndimage.minimum(distance, pieces, index=np.arange(1, count + 1))
    small = sizes < _FRAGMENT_SHARE * sizes.sum()
    stray = small & (np.asarray(closest) > _FRAGMENT_DISTANCE_MM)
    return np.asarray(np.isin(pieces, np.flatnonzero(stray) + 1))
