"""The standard problems of the X-ray, timed and checked on this machine."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from vertaug.case.grid import FloatArray, Grid
from vertaug.case.volume import Scan, ScanInfo, Volume
from vertaug.fluoroscopy import Beam, CArm, Cylinder, Ellipsoid, Technique, fix_view, show_view
from vertaug.fluoroscopy.line_integral import (
    ProjectedField,
    integrate_field,
    prepare_field,
    walk_field,
)
from vertaug.fluoroscopy.matter import Matter, voxel_matter
from vertaug.fluoroscopy.patient import XrayPatient, prepare_patient
from vertaug.fluoroscopy.spectrum import half_value_layer_mm, kerma_transmission
from vertaug.fluoroscopy.view import FixedView, add_matter
from vertaug.tissue.material import WATER
from vertaug.verification.xray import (
    HALF_VALUE_LAYER_100_KV_MM,
    WATER_TRANSMISSION_100_KV,
    make_projection_volume,
)
from vertaug.workflow.bench import Measurement, time_call_ms

VIEWS_DEG = (
    (0.0, 0.0),
    (20.0, 10.0),
    (44.0, 10.0),
    (45.0, 0.0),
    (30.0, 30.0),
    (44.0, 30.0),
    (90.0, 0.0),
    (35.26, 45.0),
    (-120.0, -25.0),
)
"""Primary and secondary angles: along axes, between them, and along a diagonal of the voxels."""
MOVING_VIEW_DEG = VIEWS_DEG[1]
_LIMIT_MS = {("exact", 256): 40.0, ("exact", 512): 150.0}
_LIMIT_MS |= {("interactive", 256): 20.0, ("interactive", 512): 70.0}
_MOVED_MS = 5.0
_POLYENERGETIC = 1.5
"""A view over the spectrum may take so many times the limit of a projection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionErrors:
    """Largest errors over all views, relative to the image's maximum."""

    exact: float
    interactive_rms: float
    interactive_max: float


def measure_xray(tell: Callable[[str, float], None]) -> tuple[Measurement, ...]:
    """Measure speed and accuracy of the X-ray on the standard volume.

    Parameters
    ----------
    tell : callable
        Takes (message, fraction).
    """
    tell("making the volume", 0.0)
    volume = make_projection_volume()
    field = prepare_field(volume.values, volume.grid)
    found = []
    for number, (mode, side) in enumerate(_LIMIT_MS):
        tell(f"{mode} projection, {side} pixels", 0.1 + 0.15 * number)
        found.append(_time_projection(field, mode, side))
    tell("errors", 0.7)
    errors = find_projection_errors(field)
    tell("a whole view", 0.8)
    patient = _as_patient(volume)
    return (
        *found,
        *_time_moving(patient),
        *_time_views(patient),
        _measure("exact error against Siddon's walk", errors.exact, 1e-5),
        _measure("interactive error, rms", errors.interactive_rms, 5e-3),
        _measure("interactive error, largest", errors.interactive_max, 6e-2),
        *_check_beam(),
        _measure("pixels that depend on the threads", _count_thread_differences(patient), 0.0),
    )


def standard_arm(side: int, view_deg: tuple[float, float]) -> CArm:
    """Return the C-arm of the standard problems: ``side`` pixels square on 307.2 mm."""
    return CArm(
        isocentre_lps_mm=np.zeros(3),
        primary_angle_deg=view_deg[0],
        secondary_angle_deg=view_deg[1],
        source_detector_mm=1020.0,
        source_isocentre_mm=700.0,
        detector_mm=(307.2, 307.2),
        pixels=(side, side),
    )


def standard_matter() -> dict[str, Matter]:
    """Return a needle, a balloon and a ball of cement near the isocentre."""
    centre = np.array([3.0, -8.0, 0.0])
    affine = np.eye(4)
    affine[:3, 3] = (-25.0, -35.0, -28.0)
    grid = Grid(shape=(50, 60, 56), affine=affine)
    points = grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1))
    fill = np.clip(14.0 - np.linalg.norm(points, axis=-1), 0.0, 1.0)
    return {
        "needle": Cylinder(
            start_lps_mm=np.array([40.0, 90.0, 5.0]), end_lps_mm=centre, radius_mm=1.5
        ),
        "balloon": Ellipsoid(centre_lps_mm=centre, semi_axes_lps_mm=np.diag([7.0, 10.0, 7.0])),
        "cement": voxel_matter(fill, grid),
    }


def find_projection_errors(field: ProjectedField) -> ProjectionErrors:
    """Compare the kernel with Siddon's walk, and the interactive with the exact mode."""
    exact_errors, rms, largest = [], [], []
    for view in VIEWS_DEG:
        arm = standard_arm(256, view)
        exact = integrate_field(field, arm)[0]
        top = exact.max()
        exact_errors.append(np.abs(exact[::16, ::16] - walk_field(field, arm, 16)[0]).max() / top)
        gap = (integrate_field(field, arm, interactive=True)[0] - exact) / top
        rms.append(np.sqrt(np.mean(gap**2)))
        largest.append(np.abs(gap).max())
    return ProjectionErrors(
        exact=float(max(exact_errors)),
        interactive_rms=float(max(rms)),
        interactive_max=float(max(largest)),
    )


def _time_projection(field: ProjectedField, mode: str, side: int) -> Measurement:
    """Return the time of the slowest view."""
    project = partial(integrate_field, field, interactive=mode == "interactive")
    times = [time_call_ms(partial(project, standard_arm(side, view))) for view in VIEWS_DEG]
    name = f"{mode} projection, slowest of {len(VIEWS_DEG)} views, {side}"
    return Measurement(name=name, value=max(times), unit="ms", limit=_LIMIT_MS[mode, side])


def _as_patient(volume: Volume) -> XrayPatient:
    hu = np.where(volume.values > 0, (volume.values / 0.02 - 1.0) * 350.0, -1000.0)
    info = ScanInfo(source_format="phantom")
    return prepare_patient(Scan(hu=hu.astype(np.int16), grid=volume.grid, info=info))


def _view(patient: XrayPatient, side: int, *, interactive: bool = False) -> FixedView:
    technique = Technique(beam=Beam(tube_voltage_kv=80.0), interactive=interactive)
    return fix_view(patient, standard_arm(side, MOVING_VIEW_DEG), technique)


def _time_moving(patient: XrayPatient) -> list[Measurement]:
    """Time what is computed anew when only a thing in the patient moves."""
    view = _view(patient, 512)
    return [
        Measurement(
            name=f"{name} moved at a fixed pose, 512",
            value=time_call_ms(partial(add_matter, view, [matter])),
            unit="ms",
            limit=_MOVED_MS,
        )
        for name, matter in standard_matter().items()
    ]


def _time_views(patient: XrayPatient) -> list[Measurement]:
    """Time a whole view over the spectrum: sums of both basis substances, exposure, signal."""
    found = []
    for mode in ("exact", "interactive"):
        take = partial(_view, patient, 512, interactive=mode == "interactive")
        limit = _POLYENERGETIC * _LIMIT_MS[mode, 512]
        name = f"{mode} view over the spectrum, 512"
        found.append(Measurement(name=name, value=time_call_ms(take), unit="ms", limit=limit))
    return found


def _check_beam() -> list[Measurement]:
    beam = Beam(tube_voltage_kv=100.0)
    share = kerma_transmission(beam, WATER, 200.0) / WATER_TRANSMISSION_100_KV
    layer = half_value_layer_mm(beam) / HALF_VALUE_LAYER_100_KV_MM
    return [
        _measure("error behind 20 cm of water, 100 kV", abs(share - 1.0), 0.01),
        _measure("error of the half-value layer, 100 kV", abs(layer - 1.0), 0.01),
    ]


def _count_thread_differences(patient: XrayPatient) -> float:
    """Return how many pixels of a noisy image differ between one thread and all."""
    from vertaug.numerics.thread_limit import one_thread

    def take() -> FloatArray:
        view = _view(patient, 256)
        needle = standard_matter()["needle"]
        signal = show_view(view, [needle], np.random.default_rng(1)).signal
        return np.asarray(signal, dtype=np.float64)

    together = take()
    with one_thread():
        alone = take()
    return float(np.count_nonzero(together != alone))


def _measure(name: str, value: float, limit: float) -> Measurement:
    return Measurement(name=name, value=value, unit="1", limit=limit)
