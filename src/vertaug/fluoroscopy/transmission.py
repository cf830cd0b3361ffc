"""From ray sums to the signal of the detector, over the whole spectrum."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vertaug.case.grid import FloatArray, read_only
from vertaug.fluoroscopy.detector import Detector
from vertaug.fluoroscopy.spectrum import Beam
from vertaug.tissue.ct_attenuation import basis_attenuation_at, basis_attenuation_per_mm
from vertaug.tissue.material import WATER, Material, xray_energies_kev

_EDGES_KEV = (33.169, 35.985, 37.441)
"""Energy groups end at the edges of iodine, caesium and barium."""
_GROUP_KEV = 3.0
_FINE_KEV, _FINE_BELOW_KEV = 1.0, 50.0
_TABLE_FIRST = (-60.0, -60.0)
_TABLE_STEP = (4.0, 1.0)
_TABLE_SIZE = (191, 361)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalModel:
    """What a beam leaves in a detector behind tissue and matter.

    The spectrum is summed in groups of 1 to 3 keV, each with its signal and its mean
    attenuation, so that share and first moment are exact.

    Attributes
    ----------
    weights : (g,) float64 array
        Share of each group in the signal without anything in the way.
    basis : (g, 2) float64 array
        Attenuation of 1 g/ml of water and of cortical bone, 1/mm.
    table, first, step
        Negative logarithm of the signal over both ray sums, for tissue alone.
    groups : tuple of (int, int)
        First and last + 1 energy of each group.
    shares : (n,) float64 array
        Share of each energy in the signal.
    """

    weights: FloatArray
    basis: FloatArray
    table: FloatArray
    first: FloatArray
    step: FloatArray
    groups: tuple[tuple[int, int], ...]
    shares: FloatArray
    energy_kev: float | None

    def attenuation(self, material: Material) -> FloatArray:
        """Return the material's attenuation in each group, 1/mm, shape (g,)."""
        if self.energy_kev is not None:
            return np.array([material.attenuation_at(self.energy_kev)])
        return _group_mean(material.attenuation_per_mm, self.shares, self.groups)


@lru_cache(maxsize=16)
def model_signal(beam: Beam, detector: Detector) -> SignalModel:
    """Return how a beam is attenuated and detected."""
    first, step = np.array(_TABLE_FIRST), np.array(_TABLE_STEP)
    if beam.energy_kev is not None:
        weights, basis = np.ones(1), basis_attenuation_at(beam.energy_kev)[None, :]
        shares: FloatArray = np.ones(1)
        groups: tuple[tuple[int, int], ...] = ((0, 1),)
    else:
        shares = signal_shares(beam, detector)
        groups = _group_energies(shares)
        weights = np.array([shares[a:b].sum() for a, b in groups])
        full = basis_attenuation_per_mm()
        basis = np.stack([_group_mean(full[:, n], shares, groups) for n in range(2)], axis=1)
    water, bone = (first[n] + step[n] * np.arange(_TABLE_SIZE[n]) for n in range(2))
    table = np.zeros(_TABLE_SIZE)
    for weight, (mu_water, mu_bone) in zip(weights, basis, strict=True):
        table += weight * np.exp(-mu_water * water)[:, None] * np.exp(-mu_bone * bone)[None, :]
    return SignalModel(
        weights=read_only(weights),
        basis=read_only(basis),
        table=read_only(-np.log(table)),
        first=first,
        step=step,
        groups=groups,
        shares=read_only(shares),
        energy_kev=beam.energy_kev,
    )


def signal_shares(beam: Beam, detector: Detector) -> FloatArray:
    """Return the share of each tabulated energy in the signal without anything in the way."""
    signal = beam.fluence() * detector.response()
    return np.asarray(signal / signal.sum())


def quanta_per_kerma(beam: Beam, detector: Detector, water_mm: float = 200.0) -> float:
    """Return absorbed quanta per mm2 and microgray of air kerma behind water.

    Quanta are those that an ideal counter would need for the same relative noise: the square
    of the mean energy over the mean squared energy of those absorbed.
    """
    from vertaug.fluoroscopy.spectrum import air_kerma_per_mas

    behind = beam.fluence() * np.exp(-WATER.attenuation_per_mm * water_mm)
    absorbed = behind * detector.absorbed()
    energies = xray_energies_kev()
    swank = float((absorbed @ energies) ** 2 / (absorbed.sum() * (absorbed @ energies**2)))
    share = float(behind @ energies) / float(beam.fluence() @ energies)
    kerma = air_kerma_per_mas(beam) * _kerma_share(beam, water_mm)
    assert share > 0
    return float(absorbed.sum()) * 0.5 * swank / kerma


def _kerma_share(beam: Beam, water_mm: float) -> float:
    from vertaug.fluoroscopy.spectrum import kerma_transmission

    return kerma_transmission(beam, WATER, water_mm)


def _group_energies(shares: FloatArray) -> tuple[tuple[int, int], ...]:
    """Cut the energies that carry signal into groups that end at absorption edges."""
    energies = xray_energies_kev()
    used = np.flatnonzero(shares > 0)
    cuts, start = [], int(used[0])
    stop = int(used[-1]) + 1
    for n in range(start + 1, stop):
        width = energies[n] - energies[start]
        limit = _FINE_KEV if energies[start] < _FINE_BELOW_KEV else _GROUP_KEV
        crossed = any(energies[n - 1] < edge <= energies[n] for edge in _EDGES_KEV)
        if width >= limit or crossed:
            cuts.append((start, n))
            start = n
    cuts.append((start, stop))
    return tuple(cuts)


def _group_mean(
    values: FloatArray, shares: FloatArray, groups: tuple[tuple[int, int], ...]
) -> FloatArray:
    return np.array([np.average(values[a:b], weights=shares[a:b]) for a, b in groups])
