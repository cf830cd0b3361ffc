"""A small spine of analytic vertebrae with a plan, so that every drawn number is known."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.density import DensityCalibration
from vertaug.case.grid import Grid, axis_aligned_grid
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.measurement import (
    Cleft,
    FractureAssessment,
    FractureShape,
    HeightSet,
    PosteriorWall,
    TrabecularDensity,
    VertebraMeasurement,
)
from vertaug.case.plan import (
    AccessPlan,
    CementTarget,
    NeedlePath,
    PathMargins,
    PlanningResult,
    Procedure,
    Route,
    WorkingView,
)
from vertaug.case.spine import (
    Endplate,
    EndplateLine,
    HeightField,
    Landmarks,
    Pedicle,
    Region,
    Spine,
    Vertebra,
    VertebraFrame,
)
from vertaug.case.volume import LabelMap, Scan, ScanInfo, Volume
from vertaug.report.inputs import InputRecord, ReportInput, ReportProvenance

HALF_WIDTH, HALF_DEPTH = 21.0, 15.0
LEVELS = ("T12", "L1", "L2")
SPACING = 36.0
HALF_HEIGHTS = {"T12": (13.0, 13.0), "L1": (8.0, 12.5), "L2": (13.5, 13.5)}  # front, back


def half_height(level, y):
    front, back = HALF_HEIGHTS[level]
    return front + (back - front) * (np.clip(y, -HALF_DEPTH, HALF_DEPTH) + HALF_DEPTH) / 30.0


def _signed(level, x, y, z):
    """Distance-like field of each part, negative inside, in the vertebra frame."""
    body = np.maximum(
        (np.hypot(x / HALF_WIDTH, y / HALF_DEPTH) - 1) * HALF_DEPTH,
        np.abs(z) - half_height(level, y),
    )
    pedicle = {}
    for side, sign in ((Region.LEFT_PEDICLE, 1), (Region.RIGHT_PEDICLE, -1)):
        tube = np.hypot((x - sign * (13.0 + 0.15 * (y - 15))) / 0.62, z - 4) - 7.0
        pedicle[side] = np.maximum(tube * 0.7, np.maximum(11.0 - y, y - 25.0))
    canal = np.maximum(np.hypot(x / 11.0, (y - 22.5) / 8.0) - 1, np.abs(z) - 14) * 8.0
    ring = np.abs(np.hypot(x / 16.0, (y - 24.0) / 12.0) - 1) * 13.0 - 3.4
    arch = np.maximum(ring, np.maximum(24.0 - y, np.abs(z + 3) - 10.0))
    spinous = np.maximum(np.abs(x) - 3.0, np.maximum(np.abs(y - 48) - 14, np.abs(z + 8) - 8))
    wing = np.maximum(
        np.abs(np.abs(x) - 25) - 11, np.maximum(np.abs(y - 27) - 4, np.abs(z - 2) - 5)
    )
    return body, pedicle, canal, np.minimum(np.minimum(arch, spinous), wing)


def _parts(level, local):
    body, pedicle, canal, arch = _signed(level, local[..., 0], local[..., 1], local[..., 2])
    bone = np.minimum(np.minimum(body, arch), np.minimum(*pedicle.values()))
    bone = np.maximum(bone, -canal)
    regions = np.zeros(body.shape, np.uint8)
    regions[canal < 0] = Region.CANAL
    regions[(bone < 0)] = Region.ARCH
    for side, field in pedicle.items():
        regions[(field < 0) & (bone < 0)] = side
    regions[(body < 0) & (bone < 0)] = Region.BODY
    return bone, regions


def _pedicle(frame, side):
    sign = 1 if side == "left" else -1
    axis = frame.direction_to_world([-0.15 * sign, -1.0, 0.0])
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([4.3 * np.cos(angle) + 13 * sign, 0 * angle + 15, 7 * np.sin(angle) + 4], -1)
    return Pedicle(
        side=side,
        isthmus_lps_mm=frame.to_world([13.0 * sign, 15.0, 4.0]),
        axis=axis / np.linalg.norm(axis),
        width_mm=8.6,
        height_mm=14.0,
        transverse_angle_deg=8.5,
        sagittal_angle_deg=0.0,
        contour_lps_mm=frame.to_world(ring),
    )


def _endplate(level, frame, sign):
    x, y = np.linspace(-20, 20, 21), np.linspace(-14, 14, 15)
    gx, gy = np.meshgrid(x, y, indexing="ij")
    z = sign * half_height(level, gy)
    z = np.where(np.hypot(gx / HALF_WIDTH, gy / HALF_DEPTH) < 1, z, np.nan)
    front, back = HALF_HEIGHTS[level]
    slope = sign * (back - front) / 30.0
    direction = frame.direction_to_world(np.array([0, 1.0, slope]) / np.hypot(1, slope))
    normal = frame.direction_to_world(np.array([0, -slope, 1.0]) / np.hypot(1, slope))
    centre = frame.to_world([0.0, 0.0, sign * half_height(level, 0.0)])
    line = EndplateLine(point_lps_mm=centre, direction=direction, residual_mm=0.1)
    surface = HeightField(u_mm=x, v_mm=y, height_mm=z)
    return Endplate(surface=surface, normal=normal, centre_lps_mm=centre, line=line)


def _wall(level, sign):
    x, z = np.linspace(-20, 20, 21), np.linspace(-13, 13, 14)
    gx, gz = np.meshgrid(x, z, indexing="ij")
    y = sign * HALF_DEPTH * np.sqrt(np.clip(1 - (gx / HALF_WIDTH) ** 2, 0, 1))
    return HeightField(
        u_mm=x, v_mm=z, height_mm=np.where(np.abs(gz) < half_height(level, y), y, np.nan)
    )


def _landmarks(level, frame):
    points = {}
    for name, y in (("anterior", -15.0), ("middle", 0.0), ("posterior", 15.0)):
        h = half_height(level, y)
        points[f"superior_{name}"] = frame.to_world([0, y, h])
        points[f"inferior_{name}"] = frame.to_world([0, y, -h])
    return Landmarks(**points)


def _vertebra(level, frame, scan):
    grid = axis_aligned_grid(frame.to_world([-40, -22, -22]), frame.axes, 0.8, (101, 112, 56))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), -1)
    bone, regions = _parts(level, frame.to_local(grid.to_world(index)))
    occupancy = np.clip(0.5 - bone / 1.6, 0, 1).astype(np.float32)
    return Vertebra(
        level=level,
        complete=True,
        cut_by=(),
        frame=frame,
        regions=Volume(values=regions, grid=grid),
        occupancy=Volume(values=occupancy, grid=grid),
        neighbours=Volume(values=np.zeros(grid.shape, np.float32), grid=grid),
        hu=Volume(values=np.where(bone < 0, 200, 0).astype(np.float32), grid=grid),
        superior=_endplate(level, frame, 1.0),
        inferior=_endplate(level, frame, -1.0),
        anterior_wall=_wall(level, -1.0),
        posterior_wall=_wall(level, 1.0),
        landmarks=_landmarks(level, frame),
        left_pedicle=_pedicle(frame, "left"),
        right_pedicle=_pedicle(frame, "right"),
        body_volume_mm3=22000.0,
        notes=(f"{level}: a made-up vertebra.",),
    )


def _frames():
    tilt = np.radians(8.0)
    axes = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    return {
        level: VertebraFrame(origin_lps_mm=np.array([4.0, -10.0, 40.0 - k * SPACING]), axes=axes)
        for k, level in enumerate(LEVELS)
    }


def _scan(frames):
    grid = Grid(
        shape=(121, 140, 120),
        affine=np.array([[1.0, 0, 0, -56], [0, 1, 0, -60], [0, 0, 1, -60], [0, 0, 0, 1]]),
    )
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), -1)
    world = grid.to_world(index)
    rng = np.random.default_rng(7)
    hu = np.where(np.hypot(world[..., 0], world[..., 1] - 5) < 54, 40.0, -80.0)
    hu[np.hypot(world[..., 0] / 54, (world[..., 1] - 5) / 62) > 1] = -1000
    labels = np.zeros(grid.shape, np.uint8)
    for number, (level, frame) in enumerate(frames.items(), start=19):
        bone, regions = _parts(level, frame.to_local(world))
        core = np.clip(-bone / 1.5, 0, 1)
        hu = np.where(bone < 0, 700 - 560 * core, hu)
        labels[(bone < 0) & (regions != Region.CANAL)] = number
    hu = hu + rng.normal(0, 18, hu.shape)
    scan = Scan(hu=hu.astype(np.int16), grid=grid, info=ScanInfo(source_format="phantom", kvp=120))
    names = {level: n for n, level in enumerate(frames, start=19)}
    return scan, LabelMap(values=labels, grid=grid, levels=names, numbering="verse"), world


@pytest.fixture(scope="session")
def spine():
    frames = _frames()
    scan, labels, world = _scan(frames)
    inside = np.hypot(world[..., 0] / 54, (world[..., 1] - 5) / 62) < 1
    return Spine(
        scan=scan,
        labels=labels,
        vertebrae={level: _vertebra(level, frame, scan) for level, frame in frames.items()},
        patient=Volume(values=inside.astype(np.uint8), grid=scan.grid),
    )


def _measurement(level):
    front, back = HALF_HEIGHTS[level]
    heights = HeightSet(anterior=2 * front, middle=front + back, posterior=2 * back)
    reference = HeightSet(anterior=26.5, middle=26.5, posterior=26.5)
    loss = HeightSet(
        anterior=100 * (1 - heights.anterior / 26.5),
        middle=100 * (1 - heights.middle / 26.5),
        posterior=100 * (1 - heights.posterior / 26.5),
    )
    ratios = HeightSet(
        anterior=heights.anterior / heights.posterior,
        middle=heights.middle / heights.posterior,
        posterior=1.0,
    )
    broken = level == "L1"
    return VertebraMeasurement(
        level=level,
        complete=True,
        heights_mm=heights,
        heights_3d_mm=heights,
        own_ratios=ratios,
        reference_mm=reference,
        reference_method="mean of T12 and L2, both intact",
        loss_percent=loss,
        genant_grade=2 if broken else 0,
        shape=FractureShape.WEDGE if broken else FractureShape.NONE,
        wedge_angle_deg=2 * float(np.degrees(np.arctan((back - front) / 30))),
        local_kyphosis_deg=17.3 if broken else None,
        cobb_angle_deg=18.9 if broken else None,
        posterior_wall=PosteriorWall(
            retropulsion_mm=1.2,
            canal_depth_mm=16.0,
            canal_reference_mm=16.4,
            canal_compromise_percent=2.4,
        ),
        cleft=Cleft(present=False, volume_ml=0.0, extent_mm=0.0),
        trabecular=TrabecularDensity(
            mean_hu=81.0,
            sd_hu=22.0,
            density_mg_per_ml=67.4,
            uncertainty_mg_per_ml=12.0,
            method="generic law for 120 kV",
        ),
        body_volume_ml=22.0,
        predicted_volume_ml=26.1 if broken else None,
        lost_volume_ml=4.1 if broken else None,
        endplate_residual_mm=(0.3, 0.4),
        notes=(),
    )


@pytest.fixture(scope="session")
def assessment():
    return FractureAssessment(
        level="L1",
        level_source="highest grade of all complete levels",
        levels={level: _measurement(level) for level in LEVELS},
        incomplete={"L3": "the body is cut by the lower edge of the scan"},
    )


def needle_path(frame, side, *, safe=True, gauge=11):
    sign = 1 if side == "left" else -1
    entry, target = np.array([16.5 * sign, 30.0, 6.0]), np.array([5.0 * sign, -8.0, 0.5])
    forward = (target - entry) / np.linalg.norm(target - entry)
    skin = frame.to_world(entry - 27.0 * forward)
    return NeedlePath(
        side=side,
        needle=needle_of_gauge(gauge),
        entry_lps_mm=frame.to_world(entry),
        target_lps_mm=frame.to_world(target),
        skin_entry_lps_mm=skin,
        length_mm=float(np.linalg.norm(target - entry)),
        skin_depth_mm=27.0,
        axial_angle_deg=16.8,
        sagittal_angle_deg=7.9,
        margins=PathMargins(
            canal_mm=2.3,
            pedicle_mm=1.4 if safe else -0.7,
            anterior_wall_mm=5.6,
            posterior_wall_mm=9.9,
            lateral_wall_mm=7.1,
            superior_endplate_mm=4.4,
            inferior_endplate_mm=6.2,
            facet_mm=3.3,
            neighbour_mm=3.3,
        ),
        gertzbein_robbins="A" if safe else "B",
        tip_thirds=("anterior", "middle", "middle"),
        tip_depth_fraction=0.77,
        safe=safe,
        violations=() if safe else ("pedicle wall: −0.7 mm, at least 0.5 mm required",),
    )


@pytest.fixture(scope="session")
def planning(spine):
    frame = spine["L1"].frame
    left, right = needle_path(frame, "left"), needle_path(frame, "right")
    plan = AccessPlan(
        procedure=Procedure.VERTEBROPLASTY,
        route=Route.TRANSPEDICULAR,
        sides="both",
        paths=(left, right),
        score=0.81,
        score_terms=(("canal", 0.9), ("pedicle", 0.7)),
        safe=True,
    )
    single = replace(plan, sides="left", paths=(left,), score=0.64)
    views = (
        WorkingView(
            name="ap",
            primary_angle_deg=0.4,
            secondary_angle_deg=-8.0,
            sentence="Receptor above the prone patient, tilted 8° to the feet.",
        ),
        WorkingView(
            name="lateral",
            primary_angle_deg=90.0,
            secondary_angle_deg=0.0,
            sentence="Receptor on the patient's left.",
        ),
        WorkingView(
            name="barrel_left",
            primary_angle_deg=17.0,
            secondary_angle_deg=-16.0,
            sentence="Down the left needle.",
        ),
    )
    return PlanningResult(
        level="L1",
        needle=needle_of_gauge(11),
        plans=(plan, single),
        views=views,
        cement=CementTarget(low_ml=3.3, target_ml=4.4, high_ml=5.5, basis="20 % of the body"),
        advice=(),
        objective="weighted mean of margins, tip position and pass length",
    )


@pytest.fixture(scope="session")
def unsafe_planning(spine, planning):
    frame = spine["L1"].frame
    plan = replace(
        planning.plans[1], paths=(needle_path(frame, "left", safe=False),), safe=False, score=0.2
    )
    advice = ("The left pedicle wall fails by 1.2 mm with 11 G; 13 G fits.",)
    return replace(planning, plans=(plan,), advice=advice)


@pytest.fixture(scope="session")
def calibration():
    return DensityCalibration(
        slope_mg_per_ml_per_hu=0.8,
        intercept_mg_per_ml=2.6,
        relative_uncertainty=0.1,
        offset_uncertainty_mg_per_ml=5.0,
        method="generic",
        description="Generic law for 120 kV.",
    )


@pytest.fixture(scope="session")
def provenance():
    return ReportProvenance(
        case_name="synthetic",
        software=(("vertaug", "0.1.0"), ("numpy", "2.4")),
        inputs=(InputRecord(role="CT", name="ct.nii.gz", sha256="ab" * 32),),
        parameters=(("gauge", "11"),),
    )


@pytest.fixture(scope="session")
def report_input(spine, assessment, planning, calibration, provenance):
    return ReportInput(
        spine=spine,
        assessment=assessment,
        planning=planning,
        calibration=calibration,
        provenance=provenance,
    )
