"""Where the cortex of a pedicle ends in the CT, finer than wide voxels of the mask.

Across a pedicle of 8 mm a mask with voxels of 3 mm has two to four steps. The CT's values hold
more: how much of each voxel is cortex. A tube with a bright wall is blurred as the scanner and
the voxels blur it and fitted to the values as they were measured; neighbouring rows cut the wall
at other places and fix its edges to a fraction of the voxel.
"""

from dataclasses import dataclass, replace

import numpy as np

from vertaug.anatomy.pedicle_bone import move_bone, pedicle_axes
from vertaug.anatomy.pedicle_tube import (
    UNKNOWNS,
    TubeWindow,
    edge_basis,
    find_edges,
    model_slopes,
    model_values,
)
from vertaug.anatomy.scan_voxel import (
    SCANNER_SIGMA_MM,
    spacing_along,
    voxels_around,
)
from vertaug.case.grid import FloatArray
from vertaug.case.spine import Pedicle, Vertebra
from vertaug.case.volume import Scan
from vertaug.numerics.interpolation import sample_trilinear

_MASK_ONLY_MM, _CT_ONLY_MM = 1.25, 2.0
"""Voxel size across the pedicle up to which the mask's width is kept, and from which the fit's
width is taken; between them both count in proportion."""
_METAL_HU = 2000.0
"""Above enamel-dense bone: an implant; its streaks leave no cortex to fit."""
_HALF_LENGTH_MM, _HEIGHT_SHARE = 3.0, 0.6
"""What is read along the axis, and which share of the pedicle's height: where it is a tube."""
_BESIDE_MM = 1.5
"""Soft tissue read beside the pedicle, with one voxel."""
_OTHER_BONE_HU = 200.0
"""Values above this beyond the edge's voxel belong to a rib or a facet joint."""
_STEP_MM = 0.75
"""Largest piece of a voxel that is taken as one."""

_NOISE_HU, _ALIKE = 80.0, 8.0
"""Misfit of a voxel from noise and uneven bone, and how many voxels err alike."""
_ROBUST = 4.0
"""Square of the misfit, in units of the noise, from which a voxel counts less."""
_MASK_TOLERANCE_MM = 0.7
"""How far a voxel's centre may lie on the wrong side of the mask's border."""
_CENTRE_SLOPE, _CENTRE_BEND_PER_MM, _CENTRE_TILT = 0.2, 0.03, 0.15
_WAIST_SLOPE, _WAIST_PER_MM, _WAIST_TILT = 0.2, 0.03, 0.1
"""How far the tube may run from a straight, symmetric one (standard deviations)."""
_MASK_ERROR = 0.2
"""Error of half the mask's width, in voxels (standard deviation)."""
_WALL_MM, _WALL_SPREAD = 0.8, 0.7
"""Thickness of a pedicle's cortex and its spread as a logarithm: 0.4 to 1.6 mm."""
_SOFT_HU, _SOFT_SPREAD_HU = 10.0, 50.0
_MARROW_HU, _MARROW_SPREAD_HU = 200.0, 100.0
"""Fat to muscle beside the pedicle; cancellous bone in it."""

_FEWEST_VOXELS = 40
_LEAST_EXPLAINED = 0.4
"""Share of the values' variance below which they are not those of a tube with a bright wall."""
_WIDTH_SPREAD_MM = 1.0
_LEAST_MM = 2.0
_ISTHMUS_MM = 2.0
"""The narrowest place is looked for this far before and behind the mask's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """Smallest width, its standard deviation, shift of the centre across, share explained."""

    width_mm: float
    spread_mm: float
    shift_mm: float
    explained: float


def refine_pedicles(vertebra: Vertebra, scan: Scan) -> Vertebra:
    """Return the vertebra with its pedicles' edges taken from the CT where voxels are wide.

    Parameters
    ----------
    vertebra : Vertebra
        Measured on the mask.
    scan : Scan
    """
    pairs = [
        (pedicle, refine_pedicle(pedicle, vertebra, scan))
        for pedicle in (vertebra.left_pedicle, vertebra.right_pedicle)
        if pedicle is not None
    ]
    for before, after in pairs:
        vertebra = move_bone(vertebra, before, after)
    found = {after.side: after for _, after in pairs}
    wide = max(
        (spacing_along(scan.grid, pedicle_axes(p, vertebra.frame)[:, 0]) for p, _ in pairs),
        default=0.0,
    )
    if wide > _CT_ONLY_MM:
        note = (
            f"voxels are {wide:.1f} mm wide across the pedicles: margins there can be off by up to "
            f"half a voxel, {wide / 2:.1f} mm"
        )
        vertebra = replace(vertebra, notes=(*vertebra.notes, note))
    return replace(vertebra, left_pedicle=found.get("left"), right_pedicle=found.get("right"))


def refine_pedicle(pedicle: Pedicle, vertebra: Vertebra, scan: Scan) -> Pedicle:
    """Return the pedicle with its width, isthmus and outline moved to the edges in the CT.

    The mask is kept where its voxels are small across the pedicle, where there is metal, and
    where the fit is not sure. The mask's width is also what the fit starts from and is held to:
    values that tell nothing leave it as it is.

    Parameters
    ----------
    pedicle : Pedicle
        Measured on the mask.
    vertebra : Vertebra
        To which it belongs; its occupancy is used.
    scan : Scan
    """
    axes = pedicle_axes(pedicle, vertebra.frame)
    spacing = spacing_along(scan.grid, axes[:, 0])
    share = np.clip((spacing - _MASK_ONLY_MM) / (_CT_ONLY_MM - _MASK_ONLY_MM), 0.0, 1.0)
    if share == 0.0:
        return pedicle
    window = _read_window(pedicle, vertebra, scan, axes)
    if window is None:
        return pedicle
    found = _fit_tube(window)
    change = abs(found.width_mm - pedicle.width_mm)
    if (
        found.explained < _LEAST_EXPLAINED
        or found.spread_mm > _WIDTH_SPREAD_MM
        or found.width_mm < _LEAST_MM
        or change > spacing
        or abs(found.shift_mm) > 0.5 * spacing
    ):
        return pedicle
    shift = float(share) * found.shift_mm * axes[:, 0]
    width = float(pedicle.width_mm + share * (found.width_mm - pedicle.width_mm))
    return _rescale(pedicle, axes[:, 0], width, shift)


def _rescale(pedicle: Pedicle, across: FloatArray, width_mm: float, shift: FloatArray) -> Pedicle:
    offset = pedicle.contour_lps_mm - pedicle.isthmus_lps_mm
    stretch = width_mm / pedicle.width_mm - 1.0
    contour = pedicle.contour_lps_mm + stretch * np.outer(offset @ across, across) + shift
    return replace(
        pedicle,
        width_mm=width_mm,
        isthmus_lps_mm=pedicle.isthmus_lps_mm + shift,
        contour_lps_mm=contour,
    )


def _read_window(
    pedicle: Pedicle, vertebra: Vertebra, scan: Scan, axes: FloatArray
) -> TubeWindow | None:
    """Voxels of the scan around the isthmus, None if they are few or hold metal."""
    spacing = spacing_along(scan.grid, axes[:, 0])
    half = (0.5 * pedicle.width_mm, 0.5 * pedicle.height_mm)
    reach = np.array([half[0] + spacing + _BESIDE_MM, _HEIGHT_SHARE * half[1], _HALF_LENGTH_MM])
    index, place = voxels_around(scan.grid, pedicle.isthmus_lps_mm, axes, reach)
    hu = np.asarray(scan.hu[tuple(index.T)], dtype=np.float64)
    if len(hu) < _FEWEST_VOXELS or hu.max() > _METAL_HU:
        return None
    beyond = np.abs(place[:, 0]) > half[0] + 0.5 * spacing + 0.5
    keep = ~beyond | (hu < _OTHER_BONE_HU)
    occupancy = vertebra.occupancy
    bone = sample_trilinear(
        occupancy.values, occupancy.grid.to_index(scan.grid.to_world(index[keep]))
    )
    edges = (axes.T @ scan.grid.directions) * scan.grid.spacing_mm
    pieces = np.maximum(np.ceil(np.abs(edges[0]) / _STEP_MM), 1).astype(int)
    share = (np.stack(list(np.ndindex(*pieces))) + 0.5) / pieces - 0.5
    blur = np.sqrt(SCANNER_SIGMA_MM**2 + ((edges[0] / pieces) ** 2).sum() / 12)
    return TubeWindow(
        place_mm=place[keep],
        hu=np.clip(hu[keep], -300.0, 1500.0),
        inside=bone > 0.5,
        pieces_mm=share @ edges.T,
        blur_mm=float(blur),
        spacing_mm=spacing,
        half_mm=half,
    )


def _fit_tube(window: TubeWindow) -> _Fit:
    """Most probable tube given the values, the mask and what pedicles are like."""
    from scipy.optimize import least_squares

    expected, spread = _expectation(window)

    def residual(p: FloatArray) -> FloatArray:
        return np.concatenate([*_misfit(p, window)[:2], (p - expected) / spread])

    def slopes(p: FloatArray) -> FloatArray:
        return np.concatenate([*_misfit_slopes(p, window), np.diag(1.0 / spread)])

    # the steps of the mask hide where between two voxels an edge lies: start on both sides
    starts = expected + np.outer((-0.2, 0.0, 0.2), np.eye(UNKNOWNS)[5] * window.spacing_mm)
    found = [least_squares(residual, x, slopes, max_nfev=30, xtol=1e-4, ftol=1e-4) for x in starts]
    best = min(found, key=lambda result: float(result.cost))
    p = best.x
    covariance = np.linalg.inv(best.jac.T @ best.jac)
    s = np.linspace(-_ISTHMUS_MM, _ISTHMUS_MM, 41)
    width = 2.0 * float((p[5] + p[6] * s + p[7] * s**2).min())
    rest = float(np.mean((model_values(p, window) - window.hu) ** 2))
    return _Fit(
        width_mm=width * float(np.cos(np.arctan(p[3]))),
        spread_mm=2.0 * float(np.sqrt(covariance[5, 5])),
        shift_mm=float(p[0]),
        explained=1.0 - rest / max(float(window.hu.var()), 1.0),
    )


def _expectation(window: TubeWindow) -> tuple[FloatArray, FloatArray]:
    """Return what the unknowns of `_fit_tube` are expected to be, and their deviations."""
    half_width, half_height = window.half_mm
    # an ellipse of the mask's width and height near its middle
    round_off = 0.5 * half_width / half_height**2
    wall, soft, marrow = np.log(_WALL_MM), _SOFT_HU / 100, _MARROW_HU / 100
    expected = np.zeros(UNKNOWNS)
    expected[[5, 7, 9]] = half_width, _WAIST_PER_MM, -round_off
    expected[10:] = wall, wall, soft, soft, marrow
    centre = (
        window.spacing_mm,
        *(_CENTRE_SLOPE, _CENTRE_BEND_PER_MM, _CENTRE_TILT, 0.5 * round_off),
    )
    waist = (
        _MASK_ERROR * window.spacing_mm,
        *(_WAIST_SLOPE, _WAIST_PER_MM, _WAIST_TILT, 0.25 * round_off),
    )
    soft, marrow = _SOFT_SPREAD_HU / 100, _MARROW_SPREAD_HU / 100
    rest = (_WALL_SPREAD, _WALL_SPREAD, soft, soft, marrow)
    return expected, np.array([*centre, *waist, *rest])


def _misfit(p: FloatArray, window: TubeWindow) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Misfit of the values and of the mask, and the slope of the first by the plain misfit."""
    pace = 1.0 / np.sqrt(_ALIKE)
    miss = (model_values(p, window) - window.hu) / _NOISE_HU
    root = np.sqrt(1 + miss**2 / _ROBUST)
    soft = np.sqrt(2 * _ROBUST * (root - 1))
    gain = np.where(soft > 1e-9, np.abs(miss) / np.maximum(root * soft, 1e-12), 1.0)
    u, v, s = window.place_mm.T
    low, high = find_edges(p, v, s)
    outside = np.maximum(low - u, u - high)
    wrong = np.maximum(np.where(window.inside, outside, -outside), 0.0) / _MASK_TOLERANCE_MM
    return np.sign(miss) * soft * pace, wrong * pace, gain * pace


def _misfit_slopes(p: FloatArray, window: TubeWindow) -> tuple[FloatArray, FloatArray]:
    """Slopes of the two misfits of `_misfit` by the unknowns, each (n, 15)."""
    _, wrong, gain = _misfit(p, window)
    values = (gain / _NOISE_HU)[:, None] * model_slopes(p, window)
    u, v, s = window.place_mm.T
    low, high = find_edges(p, v, s)
    basis = edge_basis(v, s)
    side = np.where(low - u > u - high, 1.0, -1.0)  # which edge is the nearer one
    sense = np.where(window.inside, 1.0, -1.0) * (wrong > 0) / _MASK_TOLERANCE_MM / np.sqrt(_ALIKE)
    mask = np.zeros((len(u), UNKNOWNS))
    mask[:, :5] = (sense * side)[:, None] * basis
    mask[:, 5:10] = -sense[:, None] * basis
    return values, mask
