"""How the endplates of a vertebra take an axial force from soft discs, before and after cement.

What can be said about the adjacent level from one vertebra: the caps of the model are made as soft
as a disc, and their flat outer faces stand for the middle of each disc. That middle stays flat if
the neighbour is the mirror image of this vertebra, so the pressure there is what the neighbour's
endplate takes. The mechanism is that of Baroud, Nemes, Heini, Steffen (Eur Spine J 2003;12:421):
cement props the endplate up, it bulges less, and the disc gets stiffer.

Not in it: a nucleus under pressure, fibres of the annulus, the real neighbour, posture. Rohlmann,
Zander, Bergmann (Eur Spine J 2006;15:1255) found that posture matters far more.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.strength import DiscLoad, EndplateLoad
from vertaug.mechanics.assembly import LoadedBody, assemble, guess_motion
from vertaug.mechanics.elastic import ElasticResult, SolverLimits
from vertaug.mechanics.load_case import LoadCase
from vertaug.mechanics.load_transfer import measure_transfer
from vertaug.mechanics.model import POISSON, VertebraModel
from vertaug.numerics.elastic_solution import solve_body
from vertaug.numerics.hexahedron import isotropic_stiffness

DISC_MPA, DISC_POISSON = 8.0, 0.45
"""A disc as one soft solid: 8 MPa as Yang, Nawathe, Fields, Keaveny 2012 (J Biomech, PMC3415303);
Poisson's ratio a design default: its expansion matters to endplates (Fields, Lee, Keaveny 2010,
PMC2991488). With 4 to 16 MPa and 0.3 to 0.49 the gain in stiffness by 4 ml of cement in the
built-in phantom was 1.1 to 4.2 %, that in central pressure 0.8 to 3.5 %."""
FORCE_N = 1000.0
"""To which pressures and bulges are scaled."""
_PEAK_PERCENTILE = 95.0


def measure_disc_load(
    model: VertebraModel,
    caps: NDArray[np.bool_],
    disc_mpa: float = DISC_MPA,
    disc_poisson: float = DISC_POISSON,
) -> DiscLoad | None:
    """Return how the endplates take 1 kN through discs in place of the caps.

    Parameters
    ----------
    model : VertebraModel
        Before or with cement.
    caps : (ni, nj, nk) bool array
        Its caps, which become discs.
    disc_mpa, disc_poisson : float
        Of the discs.

    Returns
    -------
    DiscLoad or None
        None if bone is anisotropic, a cap is missing, or the solver did not converge.

    Raises
    ------
    InputError
        If the discs are no soft solid.
    """
    if not (disc_mpa > 0.0 and 0.0 <= disc_poisson < 0.5):
        message = (
            f"a disc has a modulus above 0 and a Poisson's ratio of 0 to below 0.5; got "
            f"{disc_mpa:g} MPa and {disc_poisson:g}"
        )
        raise InputError(message)
    low, high = int(model.inferior_nodes[0, 2]), int(model.superior_nodes[0, 2]) - 1
    if model.anisotropic or not (caps[:, :, low].any() and caps[:, :, high].any()):
        return None
    result = _solve(model, _soften(model, caps, disc_mpa, disc_poisson))
    if result is None:
        return None
    scale = FORCE_N / result.reaction_n
    axial = scale * measure_transfer(result).axial_n
    grid = result.loaded.body.grid
    up = scale * grid.spread_nodes(result.displacement_mm[2])
    faces = 0.25 * (up[:-1, :-1] + up[1:, :-1] + up[:-1, 1:] + up[1:, 1:])
    solid = model.filled & ~caps
    plates = [
        _measure_plate(name, model, (axial[:, :, k], caps[:, :, k]), sink)
        for name, k, sink in (
            ("superior", high, -_endplate(faces, solid, caps)),
            ("inferior", low, _endplate(faces[..., ::-1], solid[..., ::-1], caps[..., ::-1])),
        )
    ]
    if any(plate is None for plate in plates):
        return None
    return DiscLoad(
        stiffness_n_per_mm=result.stiffness, plates=tuple(p for p in plates if p is not None)
    )


def _soften(
    model: VertebraModel, caps: NDArray[np.bool_], disc_mpa: float, poisson: float
) -> LoadedBody:
    loaded = assemble(model, LoadCase())
    grid = loaded.body.grid
    rest = np.where(caps, 0.0, model.bone_mpa + model.filler_mpa)
    moduli = np.array([grid.gather_cells(m) for m in (rest, np.where(caps, disc_mpa, 0.0))])
    laws = (isotropic_stiffness(POISSON), isotropic_stiffness(poisson))
    return replace(loaded, body=replace(loaded.body, moduli=moduli, elasticity=laws))


def _solve(model: VertebraModel, loaded: LoadedBody) -> ElasticResult | None:
    limits, load = SolverLimits(), LoadCase()
    found = solve_body(
        loaded.body,
        guess_motion(model, load, loaded),
        limits=(limits.tolerance, limits.iterations),
    )
    if not found.solver.converged:
        return None
    work = float(np.vdot(found.displacement_mm, found.forces()))
    return ElasticResult(
        load=load,
        reaction_n=work / load.displacement_mm,
        moment_nmm=0.0,
        stiffness=work / load.displacement_mm**2,
        displacement_mm=found.displacement_mm,
        loaded=loaded,
        solver=found.solver,
    )


def _endplate(faces: FloatArray, solid: NDArray[np.bool_], caps: NDArray[np.bool_]) -> FloatArray:
    """Return the displacement along the axis where bone meets the upper cap, NaN elsewhere."""
    meets = solid[:, :, :-1] & caps[:, :, 1:]
    last = meets.shape[2] - 1 - meets[:, :, ::-1].argmax(axis=2)
    value = np.take_along_axis(faces[:, :, 1:-1], last[..., None], axis=2)[..., 0]
    return np.where(meets.any(axis=2), value, np.nan)


def _measure_plate(
    name: str,
    model: VertebraModel,
    face: tuple[FloatArray, NDArray[np.bool_]],
    sink: FloatArray,
) -> EndplateLoad | None:
    force, disc = face
    across = model.grid.spacing_mm[:2]
    bone = np.isfinite(sink)
    if not bone.any():
        return None
    pressure = force / float(np.prod(across))
    centre, rim = _thirds(disc, across)
    inner, outer = _thirds(bone, across)
    place = np.argwhere(disc)
    shift = np.average(place, axis=0, weights=force[disc]) - place.mean(axis=0)
    return EndplateLoad(
        name=name,
        central_mpa=float(pressure[centre].mean()),
        rim_mpa=float(pressure[rim].mean()),
        peak_mpa=float(np.percentile(pressure[disc], _PEAK_PERCENTILE)),
        bulge_mm=float(sink[inner].mean() - sink[outer].mean()),
        centre_left_mm=float(shift[0] * across[0]),
        centre_posterior_mm=float(shift[1] * across[1]),
    )


def _thirds(
    area: NDArray[np.bool_], spacing: FloatArray
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the inner and the outer third of an area by the distance from its edge."""
    from scipy.ndimage import distance_transform_edt

    deep = distance_transform_edt(np.pad(area, 1), sampling=spacing)[1:-1, 1:-1]
    low, high = np.percentile(deep[area], [100.0 / 3.0, 200.0 / 3.0])
    return area & (deep >= high), area & (deep <= low)
