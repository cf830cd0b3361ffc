"""Calibration of Hounsfield units to K2HPO4-equivalent density: generic and by phantom."""

from dataclasses import dataclass, replace

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
# Accuracy of phantom calibration, upper end of 1.4-6.7 % (physics reference 1.1).
_PHANTOM_RELATIVE = 0.067
_CONTRAST_BIAS_MG_PER_ML = 6.0
# Design limits around the law of 80-140 kV, 1.21-1.82 HU per mg/ml, and water at 0 HU.
_SLOPE_RANGE = (0.8, 2.5)
_WATER_HU = 60.0


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
        "(computed); no phantom, no tissue reference"
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
        The offset uncertainty is the standard error of the fit in density and that of marrow
        fat; the relative one 6.7 %, or 7.8 % (Kaesmacher 2017) through two rods, which leave
        no residual.

    Raises
    ------
    InputError
        If the readings do not form a rising line, or one that no CT of K2HPO4 rods gives.
    """
    readings, densities = _rods(hu, density_mg_per_ml)
    line = _fit_rising_line(densities, readings, name)
    spread = "two rods, residual unknown"
    if readings.size > 2:
        spread = f"residual {line.residual:.1f} HU"
    about = f"{readings.size} rods: HU = {line.slope:.4f} * density + {line.intercept:.2f}"
    return _invert(line, readings.size, name, f"{about}, {spread}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _RodLine:
    """Readings over densities: ``HU = slope * density + intercept``."""

    slope: float
    intercept: float
    residual: float
    r_squared: float


def _fit_rising_line(densities: FloatArray, readings: FloatArray, name: str) -> _RodLine:
    line = _fit_line(densities, readings)
    if line.slope <= 0 or line.r_squared < 0.98:
        message = (
            f"the rods of the {name} do not form a rising line: slope {line.slope:.3g} HU per "
            f"mg/ml, R2 {line.r_squared:.4f}, expected above 0 and at least 0.98; check the order "
            "of the rods and that each reading lies inside its rod"
        )
        raise InputError(message)
    return line


def _invert(line: _RodLine, rods: int, name: str, about: str) -> DensityCalibration:
    """Return the calibration of a line; refuse a wrong unit, swapped lists or stray readings."""
    low, high = _SLOPE_RANGE
    if not low <= line.slope <= high or abs(line.intercept) > _WATER_HU:
        message = (
            f"the line of the {name} is not that of K2HPO4 rods: {line.slope:.3g} HU per mg/ml "
            f"and {line.intercept:.0f} HU without K2HPO4, expected {low:g}-{high:g} and within "
            f"{_WATER_HU:.0f} HU of water; check the unit of the densities (mg/ml K2HPO4), that "
            "readings and densities are not swapped, and that each reading lies inside its rod"
        )
        raise InputError(message)
    two = rods == 2
    error = 0.0 if two else line.residual / line.slope
    return DensityCalibration(
        slope_mg_per_ml_per_hu=1.0 / line.slope,
        intercept_mg_per_ml=-line.intercept / line.slope,
        relative_uncertainty=_TWO_ROD_RELATIVE if two else _PHANTOM_RELATIVE,
        offset_uncertainty_mg_per_ml=float(np.hypot(error, _MARROW_FAT_MG_PER_ML)),
        method="phantom",
        description=f"{name}, {about}",
        r_squared=line.r_squared,
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
    name = "Mindways phantom"
    reference = _fit_rising_line(densities, readings - water, name)
    line = replace(reference, slope=reference.slope - 0.2174, intercept=reference.intercept + 999.6)
    about = (
        f"{readings.size} rods: sigma_ref {reference.slope:.4f}, "
        f"beta_ref {reference.intercept:.2f} (QCT PRO user guide)"
    )
    return _invert(line, readings.size, name, about)


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


def _fit_line(x: FloatArray, y: FloatArray) -> _RodLine:
    """Return the line y(x) with the standard error of the fit and R2."""
    design = np.column_stack([x, np.ones_like(x)])
    (slope, intercept), *_ = np.linalg.lstsq(design, y, rcond=None)
    rest = y - (slope * x + intercept)
    total = float(np.sum((y - y.mean()) ** 2))
    return _RodLine(
        slope=float(slope),
        intercept=float(intercept),
        residual=float(np.sqrt(rest @ rest / (x.size - 2))) if x.size > 2 else 0.0,
        r_squared=1.0 - float(rest @ rest) / total if total > 0 else 0.0,
    )
