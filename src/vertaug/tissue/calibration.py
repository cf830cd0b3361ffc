"""Calibration of Hounsfield units to K2HPO4-equivalent density: generic and by phantom."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.density import DensityCalibration
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray

# HU per mg/ml K2HPO4, 1 cm insert behind 20 cm water, spekpy spectra and xraylib coefficients
# (physics reference 1.1, computed).
_TUBE_VOLTAGE_KV = np.array([80.0, 100.0, 120.0, 140.0])
_HU_PER_MG_PER_ML = np.array([1.82, 1.51, 1.33, 1.21])
_ASSUMED_KV = 120.0
_KV_RANGE = (70.0, 150.0)

# Physics reference 1.1: +/-10-15 % for the generic law. Without the voltage the spread of the
# slopes from 100 to 140 kV (13 %) is added in quadrature.
_GENERIC_RELATIVE = 0.125
_UNKNOWN_KV_RELATIVE = 0.18
# Middle of the marrow-fat error of single-energy QCT in the elderly, -7 to -15 mg/ml
# (physics reference 1.1, uncertain).
_MARROW_FAT_MG_PER_ML = 11.0
# Kaesmacher 2017 (JCAT 41:217): native scans, 7.8 % root-mean-square difference from QCT;
# taken where a line through two rods leaves no residual.
_TWO_ROD_RELATIVE = 0.078
_CONTRAST_BIAS_MG_PER_ML = 6.0


def calibrate_generic(kvp: float | None, *, contrast: bool | None = None) -> DensityCalibration:
    """Return the generic law of a tube voltage, when nothing better is known.

    ``density = HU / s(kV)`` with s = 1.82, 1.51, 1.33, 1.21 HU per mg/ml K2HPO4 at 80, 100,
    120, 140 kV (physics reference 1.1, computed), linear between and continued with the end
    slopes to 70 and 150 kV.

    Parameters
    ----------
    kvp : float or None
        Tube voltage in kV. None, or a value outside 70-150 kV, is taken as 120 kV with a
        larger uncertainty, and the description says so.
    contrast : bool or None
        Whether a contrast agent is recorded; see `note_contrast`.

    Returns
    -------
    DensityCalibration
    """
    known = kvp is not None and _KV_RANGE[0] <= kvp <= _KV_RANGE[1]
    voltage = float(kvp) if kvp is not None and known else _ASSUMED_KV
    slope = _slope_at(voltage)
    text = (
        f"generic law, {voltage:.0f} kV: {slope:.2f} HU per mg/ml K2HPO4 "
        "(computed, physics reference 1.1); no phantom, no tissue reference"
    )
    if not known:
        found = "not recorded" if kvp is None else f"recorded as {kvp:g} kV, not plausible"
        text += f"; tube voltage {found}, 120 kV assumed"
    calibration = DensityCalibration(
        slope_mg_per_ml_per_hu=1.0 / slope,
        intercept_mg_per_ml=0.0,
        relative_uncertainty=_GENERIC_RELATIVE if known else _UNKNOWN_KV_RELATIVE,
        offset_uncertainty_mg_per_ml=_MARROW_FAT_MG_PER_ML,
        method="generic",
        description=text,
    )
    return note_contrast(calibration) if contrast else calibration


def _slope_at(voltage: float) -> float:
    low = min(max(int(np.searchsorted(_TUBE_VOLTAGE_KV, voltage)) - 1, 0), 2)
    x0, x1 = _TUBE_VOLTAGE_KV[low : low + 2]
    y0, y1 = _HU_PER_MG_PER_ML[low : low + 2]
    return float(y0 + (y1 - y0) * (voltage - x0) / (x1 - x0))


def calibrate_from_phantom(
    hu: ArrayLike, density_mg_per_ml: ArrayLike, *, name: str = "user's phantom"
) -> DensityCalibration:
    """Return the law of a phantom scanned with the patient.

    The line ``HU = a * density + b`` is fitted by least squares (the rods' densities are
    exact, the readings are not) and inverted.

    Parameters
    ----------
    hu : (n,) array-like
        Mean Hounsfield units of the rods.
    density_mg_per_ml : (n,) array-like
        Their K2HPO4-equivalent densities; n >= 2.
    name : str
        Name of the phantom for the report.

    Returns
    -------
    DensityCalibration
        The offset uncertainty is the standard error of the fit in density; through two rods it
        cannot be known and 7.8 % (Kaesmacher 2017) is taken.

    Raises
    ------
    InputError
        If the readings do not form a rising line.
    """
    readings, densities = _rods(hu, density_mg_per_ml)
    slope, intercept, residual, r_squared = _fit_line(densities, readings)
    if slope <= 0 or r_squared < 0.98:
        message = (
            f"the rods of the {name} do not form a rising line: slope {slope:.3g} HU per mg/ml, "
            f"R2 {r_squared:.4f}, expected above 0 and at least 0.98; check the order of the "
            "rods and that each reading lies inside its rod"
        )
        raise InputError(message)
    two = readings.size == 2
    spread = "two rods, residual unknown" if two else f"residual {residual:.1f} HU"
    return DensityCalibration(
        slope_mg_per_ml_per_hu=1.0 / slope,
        intercept_mg_per_ml=-intercept / slope,
        relative_uncertainty=_TWO_ROD_RELATIVE if two else 0.0,
        offset_uncertainty_mg_per_ml=0.0 if two else residual / slope,
        method="phantom",
        description=(
            f"{name}, {readings.size} rods: HU = {slope:.4f} * density + {intercept:.2f}, {spread}"
        ),
        r_squared=r_squared,
    )


def calibrate_mindways(
    hu: ArrayLike, water_mg_per_ml: ArrayLike, k2hpo4_mg_per_ml: ArrayLike
) -> DensityCalibration:
    """Return the law of a Mindways phantom with liquid-equivalent rods.

    ``HU - rho_water = sigma_ref * rho_K2HPO4 + beta_ref`` over the rods; then
    ``density = (HU - beta_CT) / sigma_CT`` with ``sigma_CT = sigma_ref - 0.2174`` and
    ``beta_CT = beta_ref + 999.6`` (QCT PRO user guide; physics reference 1.1).

    Parameters
    ----------
    hu : (n,) array-like
        Mean Hounsfield units of the rods, n >= 2.
    water_mg_per_ml, k2hpo4_mg_per_ml : (n,) array-like
        Water- and K2HPO4-equivalent densities from the phantom's certificate.

    Raises
    ------
    InputError
        If the readings do not form a rising line.
    """
    water = np.asarray(water_mg_per_ml, dtype=np.float64)
    readings, densities = _rods(hu, k2hpo4_mg_per_ml)
    if water.shape != readings.shape:
        message = f"expected one water density per rod; got {water.size} for {readings.size} rods"
        raise InputError(message)
    reference = calibrate_from_phantom(readings - water, densities, name="Mindways phantom")
    sigma_ref = 1.0 / reference.slope_mg_per_ml_per_hu
    beta_ref = -reference.intercept_mg_per_ml * sigma_ref
    sigma, beta = sigma_ref - 0.2174, beta_ref + 999.6
    if sigma <= 0:
        message = f"sigma_ref {sigma_ref:.4f} of the Mindways phantom must exceed 0.2174"
        raise InputError(message)
    return replace(
        reference,
        slope_mg_per_ml_per_hu=1.0 / sigma,
        intercept_mg_per_ml=-beta / sigma,
        description=(
            f"Mindways phantom, {readings.size} rods: sigma_ref {sigma_ref:.4f}, "
            f"beta_ref {beta_ref:.2f} (QCT PRO user guide)"
        ),
    )


def note_contrast(calibration: DensityCalibration) -> DensityCalibration:
    """Return the calibration with the bias of a contrast agent in words and uncertainty.

    Kaesmacher 2017 (JCAT 41:217): more than 6 mg/ml too high in every contrast phase unless
    corrected. The bias is not subtracted, because its size in one patient is unknown.
    """
    offset = float(np.hypot(calibration.offset_uncertainty_mg_per_ml, _CONTRAST_BIAS_MG_PER_ML))
    return replace(
        calibration,
        offset_uncertainty_mg_per_ml=offset,
        description=calibration.description
        + "; contrast agent recorded: densities read more than 6 mg/ml too high"
        " (Kaesmacher 2017), not corrected",
    )


def _rods(hu: ArrayLike, density: ArrayLike) -> tuple[FloatArray, FloatArray]:
    readings = np.asarray(hu, dtype=np.float64)
    densities = np.asarray(density, dtype=np.float64)
    if readings.ndim != 1 or readings.shape != densities.shape or readings.size < 2:
        message = (
            "a phantom line needs two lists of equal length, at least two rods; "
            f"got shapes {readings.shape} and {densities.shape}"
        )
        raise InputError(message)
    if not (np.isfinite(readings).all() and np.isfinite(densities).all()):
        message = "rod readings and densities must be finite numbers"
        raise InputError(message)
    if np.ptp(densities) < 20:
        message = (
            f"the rods span only {np.ptp(densities):.1f} mg/ml; a calibration line needs "
            "at least 20 mg/ml between the lightest and the densest rod"
        )
        raise InputError(message)
    return readings, densities


def _fit_line(x: FloatArray, y: FloatArray) -> tuple[float, float, float, float]:
    """Return slope, intercept, standard error of the fit and R2 of a line y(x)."""
    design = np.column_stack([x, np.ones_like(x)])
    (slope, intercept), *_ = np.linalg.lstsq(design, y, rcond=None)
    rest = y - (slope * x + intercept)
    total = float(np.sum((y - y.mean()) ** 2))
    r_squared = 1.0 - float(rest @ rest) / total if total > 0 else 0.0
    error = float(np.sqrt(rest @ rest / (x.size - 2))) if x.size > 2 else 0.0
    return float(slope), float(intercept), error, r_squared
