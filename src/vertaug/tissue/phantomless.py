"""Phantomless calibration from the patient's own tissues."""

from dataclasses import dataclass, fields

import numpy as np

from vertaug.case.density import DensityCalibration
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.tissue.attenuation import AttenuationSource, AttenuationTable, load_attenuation
from vertaug.tissue.calibration import note_contrast

_TISSUES = ("adipose", "air", "blood", "cortical_bone", "muscle")
# Widest plausible means in HU; a blood pool with contrast agent goes up to 500.
_PLAUSIBLE_HU = {
    "adipose": (-160.0, -40.0),
    "air": (-1050.0, -850.0),
    "blood": (0.0, 500.0),
    "cortical_bone": (500.0, 2200.0),
    "muscle": (0.0, 110.0),
}
_MINIMUM_R_SQUARED = 0.99
# Effective energies that a diagnostic CT (80-140 kV) can have, with room for the method.
_ENERGY_RANGE_KEV = (35.0, 125.0)
# SD of phantomless minus phantom vBMD, n = 17, bias -1.2 mg/ml (spineFE-benchmark, physics
# reference 0.4).
_UNCERTAINTY_MG_PER_ML = 17.9


@dataclass(frozen=True, slots=True, kw_only=True)
class TissueMeans:
    """Mean Hounsfield units of the five reference tissues.

    Attributes
    ----------
    adipose, air, blood, cortical_bone, muscle : float
        Subcutaneous fat, air outside the patient, aortic blood, dense cortical bone, muscle.

    Raises
    ------
    InputError
        If a mean is not plausible for its tissue.
    """

    adipose: float
    air: float
    blood: float
    cortical_bone: float
    muscle: float

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            low, high = _PLAUSIBLE_HU[item.name]
            if not low <= value <= high:
                tissue = item.name.replace("_", " ")
                message = (
                    f"mean of {tissue} is {value:g} HU, expected {low:g} to {high:g}; "
                    "check where it was sampled and that the image is in Hounsfield units"
                )
                raise InputError(message)

    def values(self) -> FloatArray:
        """Return the means as an array, order adipose, air, blood, cortical bone, muscle."""
        return np.array([getattr(self, name) for name in _TISSUES], dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomlessFit:
    """What the phantomless fit found.

    Attributes
    ----------
    energy_kev : float
        Effective energy.
    r_squared : float
        Of Hounsfield units against mass attenuation at that energy.
    attenuation_slope, attenuation_intercept : float
        HU -> mass attenuation, cm2/g.
    density_slope, density_intercept : float
        HU -> material density, g/ml.
    k2hpo4, triglyceride : float
        Mass attenuation of the two components at that energy, cm2/g.
    """

    energy_kev: float
    r_squared: float
    attenuation_slope: float
    attenuation_intercept: float
    density_slope: float
    density_intercept: float
    k2hpo4: float
    triglyceride: float


def calibrate_phantomless(
    means: TissueMeans,
    *,
    source: AttenuationSource = AttenuationSource.NIST,
    contrast: bool | None = None,
) -> DensityCalibration:
    """Return the law found from five tissues of the patient (Michalski 2020).

    With the lines of `fit_tissues`, bone is taken as a mixture of K2HPO4 and triglyceride. If w
    is the mass fraction of K2HPO4, ``u = w * u_K + (1 - w) * u_t``, so
    ``w = (u - u_t) / (u_K - u_t)``, and the K2HPO4 in one millilitre is the material
    (Archimedean) density times that fraction: ``rho_K = rho * (u - u_t) / (u_K - u_t)``. Both
    rho and u are linear in HU, so the law is exactly quadratic in HU and is stored so.

    Because the second component is fat, water reads 30-40 mg/ml instead of 0.

    Parameters
    ----------
    means : TissueMeans
        Mean HU of the tissues.
    source : AttenuationSource
        Attenuation table; the default is the one of the published method.
    contrast : bool or None
        Whether a contrast agent is recorded; see `note_contrast`.

    Returns
    -------
    DensityCalibration
        Uncertainty 17.9 mg/ml: SD against phantom calibration, n = 17 (physics reference 0.4).

    Raises
    ------
    InputError
        If the tissues do not fit a CT: R2 below 0.99 or an effective energy outside 35-125 keV.

    References
    ----------
    Michalski AS et al., Med Eng Phys 2020, doi:10.1016/j.medengphy.2020.01.009.
    """
    fit = fit_tissues(means, source=source)
    low, high = _ENERGY_RANGE_KEV
    if fit.r_squared < _MINIMUM_R_SQUARED or not low <= fit.energy_kev <= high:
        message = (
            f"the tissue means do not fit a CT: effective energy {fit.energy_kev:g} keV, R2 "
            f"{fit.r_squared:.4f}; expected {low:g}-{high:g} keV and at least "
            f"{_MINIMUM_R_SQUARED}; check the five regions (contrast agent spoils blood) or use "
            "the generic law"
        )
        raise InputError(message)
    span = (fit.k2hpo4 - fit.triglyceride) / 1000.0
    above = fit.attenuation_intercept - fit.triglyceride
    calibration = DensityCalibration(
        slope_mg_per_ml_per_hu=(
            fit.density_slope * above + fit.density_intercept * fit.attenuation_slope
        )
        / span,
        intercept_mg_per_ml=fit.density_intercept * above / span,
        relative_uncertainty=0.0,
        offset_uncertainty_mg_per_ml=_UNCERTAINTY_MG_PER_ML,
        method="phantomless",
        description=(
            f"phantomless (Michalski 2020) from adipose, air, blood, cortical bone and muscle: "
            f"effective energy {fit.energy_kev:g} keV, R2 {fit.r_squared:.6f}, K2HPO4 in fat"
        ),
        effective_energy_kev=fit.energy_kev,
        r_squared=fit.r_squared,
        quadratic_mg_per_ml_per_hu2=fit.density_slope * fit.attenuation_slope / span,
    )
    return note_contrast(calibration) if contrast else calibration


def fit_tissues(
    means: TissueMeans, *, source: AttenuationSource = AttenuationSource.NIST
) -> PhantomlessFit:
    """Find the effective energy and the two lines of the phantomless method.

    The energy is searched in steps of 0.5 keV (10-200 keV with the NIST nodes, 1-200 keV with
    the fine table) for the largest R2 of HU against mass attenuation of the five tissues. At
    that energy two lines are fitted over the tissues: HU -> mass attenuation u, and
    HU -> material density, where ``density = mu / u`` with
    ``mu = mu_water * (1 + HU / 1000)``, which is the definition of the Hounsfield unit.

    Parameters
    ----------
    means : TissueMeans
        Mean HU of the tissues.
    source : AttenuationSource
        Attenuation table.
    """
    table = load_attenuation(source)
    hu = means.values()
    best = _best_energy(hu, table)
    u = np.array([table.coefficient[name][best] for name in _TISSUES])
    density = table.coefficient["water"][best] * (1.0 + hu / 1000.0) / u
    attenuation_line = np.polyfit(hu, u, 1)
    density_line = np.polyfit(hu, density, 1)
    return PhantomlessFit(
        energy_kev=float(table.energy_kev[best]),
        r_squared=float(np.corrcoef(hu, u)[0, 1] ** 2),
        attenuation_slope=float(attenuation_line[0]),
        attenuation_intercept=float(attenuation_line[1]),
        density_slope=float(density_line[0]),
        density_intercept=float(density_line[1]),
        k2hpo4=float(table.coefficient["k2hpo4"][best]),
        triglyceride=float(table.coefficient["triglyceride"][best]),
    )


def _best_energy(hu: FloatArray, table: AttenuationTable) -> int:
    u = np.stack([table.coefficient[name] for name in _TISSUES])
    centred = u - u.mean(axis=0)
    reading = hu - hu.mean()
    covariance = reading @ centred
    r_squared = covariance**2 / ((reading @ reading) * np.sum(centred**2, axis=0))
    return int(np.argmax(np.where(covariance > 0, r_squared, -np.inf)))
