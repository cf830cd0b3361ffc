"""An endplate as one smooth surface fitted to all the voxels around it, for thick slices.

A slice of 3 mm shows a plate of 0.6 mm in one or two voxels of a column; no column tells where in
the slice it lies. Neighbouring columns cross the slices elsewhere, so one surface through all of
them is known to a fraction of a slice.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vertaug.anatomy.plate_spline import PlateSplines
from vertaug.anatomy.plate_voxel import PlateVoxels, read_plate_voxels
from vertaug.anatomy.scan_voxel import CORTEX_HU
from vertaug.case.grid import FloatArray
from vertaug.case.spine import HeightField, VertebraFrame
from vertaug.case.volume import Scan

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_KNOT_MM, _TISSUE_MM = 2.5, 5.0
"""Knots of the surface's cubic splines and of the bilinear field of tissue around it."""
_NOISE_HU, _OUTLIER_HU = 70.0, 200.0
"""Misfit of the model, texture included, and the misfit beyond which a voxel counts less."""
_BEND_MM = 0.25
"""Usual second difference of the surface from knot to knot."""
_MASK_MM = 0.4
"""Usual distance of the mask from the plate, plus half the slice."""
_TISSUE = ((80.0, 150.0, 40.0), (150.0, 200.0, 60.0), (0.6, 0.3, 0.15))
"""HU of disc and of marrow, thickness of the plate in mm: usual value, its spread among
patients, and its change from knot to knot."""
_THICKNESS_MM = (0.05, 2.5)
_FEWEST_VOXELS = 200
"""Voxels below which the scan does not show the plate."""
_ROUNDS, _TRIALS, _ENOUGH = 8, 6, 1e-4
"""Rounds, dampings tried in each, and the relative gain at which they end."""
_DAMPING, _LEAST_DAMPING, _DAMPING_STEP = 1e-3, 1e-6, 8.0
# Design defaults, all of them: tried on the phantom (tests/verification), not fitted to a patient.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Model:
    """Everything that stays the same from round to round.

    ``surface`` and ``tissue`` hold the basis functions at the voxels; the penalty on the
    coefficients is ``x' stiffness x / 2 - pull' x``.
    """

    voxels: PlateVoxels
    surface: "csr_matrix"
    tissue: "csr_matrix"
    stiffness: FloatArray
    pull: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _State:
    """Measured minus modelled HU of all voxels, and the slopes of the model, each (n,)."""

    rest: FloatArray
    by_height: FloatArray
    by_disc: FloatArray
    by_marrow: FloatArray
    by_thickness: FloatArray


def fit_plate(
    field: HeightField, base: FloatArray, image: tuple[Scan, VertebraFrame], outward: float
) -> FloatArray:
    """Return the heights of the smooth surface that explains the CT around an endplate.

    Each voxel is modelled as disc, a layer of bone and marrow, averaged along the plate's normal
    by a box (the slice) and a Gaussian (the scanner). The surface, the thickness of the layer and
    the two tissues are found together by Levenberg-Marquardt steps with Cauchy weights.

    Parameters
    ----------
    field : HeightField
        Endplate of the mask, z over (x, y) in the vertebra frame.
    base : (nu, nv) float64 array
        The same, smoothed and free of NaN.
    image : tuple of Scan and VertebraFrame
    outward : float
        1 for the superior endplate, -1 for the inferior.

    Returns
    -------
    (nu, nv) float64 array
        z in mm; NaN where ``field`` is. Where the scan shows too little of the plate, ``base``.
    """
    seen = np.isfinite(field.height_mm)
    voxels = read_plate_voxels(field, base, image, outward)
    if len(voxels.hu) < _FEWEST_VOXELS:
        return np.where(seen, base, np.nan)
    u, v = (c[seen] for c in np.meshgrid(field.u_mm, field.v_mm, indexing="ij"))
    low, high = np.array([u.min(), v.min()]), np.array([u.max(), v.max()])
    splines = PlateSplines(low=low, high=high, step_mm=_KNOT_MM, degree=3)
    tissue = PlateSplines(low=low, high=high, step_mm=_TISSUE_MM, degree=1)
    columns = splines.at(u, v)
    inner = (columns.T @ columns).toarray()
    step = float(field.u_mm[1] - field.u_mm[0])
    reach = _MASK_MM + 0.5 * float(voxels.slice_mm.max())
    held = inner * (step / (_KNOT_MM * reach)) ** 2
    bend = splines.roughness(2)
    one = 1e-6 * np.eye(len(inner))
    start = np.linalg.solve(inner + 1e-2 * bend + one, columns.T @ (outward * base[seen]))
    surface = (bend / _BEND_MM**2 + held + one, held @ start)
    model = _gather(voxels, (splines, tissue), surface)
    usual = [np.full(tissue.shape[0] * tissue.shape[1], row[0]) for row in _TISSUE]
    found = _minimise(model, np.concatenate([start, *usual]))
    height = np.full(field.height_mm.shape, np.nan)
    height[seen] = outward * (columns @ found[: len(start)])
    return height


def _gather(
    voxels: PlateVoxels,
    splines: tuple[PlateSplines, PlateSplines],
    surface: tuple[FloatArray, FloatArray],
) -> _Model:
    """Basis functions at the voxels, and the penalties of surface and tissue side by side."""
    from scipy.linalg import block_diag

    change = splines[1].roughness(1)
    one = np.eye(len(change))
    stiffness = [change / step**2 + one / spread**2 for _, spread, step in _TISSUE]
    pull = [np.full(len(change), mean / spread**2) for mean, spread, _ in _TISSUE]
    u, v = voxels.local_mm[:, 0], voxels.local_mm[:, 1]
    return _Model(
        voxels=voxels,
        surface=splines[0].at(u, v),
        tissue=splines[1].at(u, v),
        stiffness=np.asarray(block_diag(surface[0], *stiffness)),
        pull=np.concatenate([surface[1], *pull]),
    )


def _minimise(model: _Model, start: FloatArray) -> FloatArray:
    """Levenberg-Marquardt; each round only ever lowers the cost."""
    x, damping = start, _DAMPING
    state = _predict(model, x)
    cost = _cost(model, x, state.rest)
    for _ in range(_ROUNDS):
        slopes = _slopes(model, state)
        weight = 1.0 / (_NOISE_HU**2 * (1.0 + (state.rest / _OUTLIER_HU) ** 2))
        curvature = (slopes.T @ _scale_rows(slopes, weight)).toarray() + model.stiffness
        downhill = slopes.T @ (weight * state.rest) - model.stiffness @ x + model.pull
        for _ in range(_TRIALS):
            damped = curvature + damping * np.diag(np.diag(curvature))
            trial = _keep_thickness(model, x + np.linalg.solve(damped, downhill))
            tried = _predict(model, trial)
            lowered = _cost(model, trial, tried.rest)
            if lowered < cost:
                break
            damping = max(damping, _DAMPING) * _DAMPING_STEP
        else:
            return x
        x, state, gain, cost = trial, tried, cost - lowered, lowered
        damping = max(damping / _DAMPING_STEP, _LEAST_DAMPING)
        if gain < _ENOUGH * abs(cost):
            break
    return x


def _keep_thickness(model: _Model, x: FloatArray) -> FloatArray:
    """Coefficients with a thickness that a plate can have."""
    rest, thickness = np.split(x, [len(x) - model.tissue.shape[1]])
    return np.concatenate([rest, np.clip(thickness, *_THICKNESS_MM)])


def _cost(model: _Model, x: FloatArray, rest: FloatArray) -> float:
    misfit = np.log1p((rest / _OUTLIER_HU) ** 2).sum() * (_OUTLIER_HU / _NOISE_HU) ** 2
    return float(0.5 * misfit + 0.5 * x @ model.stiffness @ x - model.pull @ x)


def _predict(model: _Model, x: FloatArray) -> _State:
    split = model.surface.shape[1]
    disc, marrow, thickness = (model.tissue @ part for part in np.split(x[split:], 3))
    voxels = model.voxels
    above = (voxels.local_mm[:, 2] - model.surface @ x[:split]) * voxels.tilt
    outer, outer_slope = _share_below(-above, voxels)
    inner, inner_slope = _share_below(-above - thickness, voxels)
    return _State(
        rest=voxels.hu - (disc + (CORTEX_HU - disc) * outer + (marrow - CORTEX_HU) * inner),
        by_height=((CORTEX_HU - disc) * outer_slope + (marrow - CORTEX_HU) * inner_slope)
        * voxels.tilt,
        by_disc=1.0 - outer,
        by_marrow=inner,
        by_thickness=(CORTEX_HU - marrow) * inner_slope,
    )


def _slopes(model: _Model, state: _State) -> "csr_matrix":
    """Slopes of the modelled HU by all coefficients; (n, coefficients)."""
    from scipy.sparse import hstack

    by_tissue = (state.by_disc, state.by_marrow, state.by_thickness)
    parts = [
        _scale_rows(model.surface, state.by_height),
        *(_scale_rows(model.tissue, slope) for slope in by_tissue),
    ]
    return hstack(parts, format="csr")


def _scale_rows(matrix: "csr_matrix", factor: FloatArray) -> "csr_matrix":
    """Multiply each row by a number; all rows hold equally many entries."""
    from scipy.sparse import csr_matrix

    data = (matrix.data.reshape(len(factor), -1) * factor[:, None]).ravel()
    return csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _share_below(depth: FloatArray, voxels: PlateVoxels) -> tuple[FloatArray, FloatArray]:
    """Share of a voxel's profile that lies within a face at some depth, and its slope."""
    from scipy.special import ndtr

    width, sigma = voxels.slice_mm, voxels.blur_mm

    def ramp(x: FloatArray) -> FloatArray:
        z = x / sigma
        return np.asarray(sigma * (z * ndtr(z) + np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)))

    low, high = depth - 0.5 * width, depth + 0.5 * width
    share = (ramp(high) - ramp(low)) / width
    slope = (ndtr(high / sigma) - ndtr(low / sigma)) / width
    return np.asarray(share), np.asarray(slope)
