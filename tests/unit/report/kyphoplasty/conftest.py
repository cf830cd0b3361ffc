"""Balloons as ellipsoids of known size in a made-up vertebra; nothing is simulated."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.surface import unit_sphere
from vertaug.case.kyphoplasty import (
    BalloonBreach,
    BalloonCourse,
    BalloonFrame,
    BalloonSetup,
    BalloonSheet,
    ShapeStage,
    SimulatedKyphoplasty,
)
from vertaug.case.measurement import HeightSet
from vertaug.case.plan import Procedure
from vertaug.case.procedure_course import ProcedureCourse, StepTime
from vertaug.case.simulation import ProductValue
from vertaug.fracture.height_restoration import restore_heights

BEFORE = HeightSet(anterior=16.0, middle=20.0, posterior=25.0)
INFLATED = HeightSet(anterior=19.0, middle=22.0, posterior=25.0)
EMPTIED = HeightSet(anterior=18.0, middle=21.0, posterior=25.0)
REFERENCE = HeightSet(anterior=26.0, middle=26.0, posterior=26.0)
NOTES = ("crushed bone is uncertain", "discs are held", "walls do not crack", "it ended early")
STEPS = (
    StepTime(step="needle", seconds=300.0, fluoroscopy_s=90.0, source="assumed"),
    StepTime(step="fill", seconds=90.0, fluoroscopy_s=60.0, source="simulated"),
    StepTime(step="harden", seconds=600.0, fluoroscopy_s=0.0, source="simulated", at_least=True),
)


def ellipsoid(centre_lps_mm, semi_axes_mm):
    """Return the points of an ellipsoid along LPS, float32, and the triangles of all."""
    points, triangles = unit_sphere()
    places = np.asarray(centre_lps_mm) + points * np.asarray(semi_axes_mm)
    return places.astype(np.float32), triangles


def volume_ml(semi_axes_mm):
    return 4.0 / 3.0 * np.pi * float(np.prod(semi_axes_mm)) / 1000.0


def _stage(name, heights, wedge, walls):
    gain = None if name == "before" else restore_heights(BEFORE, heights, REFERENCE)
    return ShapeStage(
        name=name,
        heights_mm=heights,
        wedge_angle_deg=wedge,
        local_kyphosis_deg=wedge + 2.0,
        body_volume_ml=20.0,
        lift_mean_mm=0.25,
        lift_most_mm=1.5,
        wall_mm=walls,
        gain=gain,
    )


def make_course(vertebra, paths, *, breach=False):
    """Return two balloons that grow from 1.6 to 8 mm about the middles of their paths."""
    centres = [0.25 * p.entry_lps_mm + 0.75 * p.target_lps_mm for p in paths]
    triangles = ellipsoid(np.zeros(3), np.ones(3))[1]
    sizes = [
        ("folded", (1.6, 6.0, 1.6)),
        ("inflating", (4.0, 7.0, 4.0)),
        ("inflating", (6.0, 7.0, 6.0)),
        ("inflated", (8.0, 8.0, 6.0)),
        ("emptied", (7.0, 8.0, 5.0)),
    ]
    frames = tuple(
        BalloonFrame(
            stage=stage,
            volume_ml=len(paths) * volume_ml(size),
            points_lps_mm=tuple(ellipsoid(c, size)[0] for c in centres),
        )
        for stage, size in sizes
    )
    rows = np.array([0.2, 0.5, 1.0, 1.6])[:, None] * np.ones(len(paths))
    out = BalloonBreach(
        wall="cortex", area_mm2=21.4, beyond_mm=1.25,
        place_lps_mm=vertebra.frame.to_world([16.0, -8.0, -4.0]),
    )  # fmt: skip
    rated = ProductValue(name="rated_mpa", value=2.76, status="recalled", source="400 psi")
    share = ProductValue(
        name="strength_share", value=0.17, low=0.12, high=0.21, status="uncertain", source="one"
    )
    return BalloonCourse(
        setup=BalloonSetup(
            level=vertebra.level,
            plan_number=1,
            plan="transpedicular, both sides",
            sides=tuple(p.side for p in paths),
            balloon=BalloonSheet(name="15/3", title="a balloon of 15 mm", values=(rated,)),
            wanted_ml=2.0,
            preload_n=100.0,
            contact_mm=1.25,
            spacing_mm=1.5,
            bone=(share,),
        ),
        volume_ml=rows,
        pressure_mpa=np.array([2.0, 1.2, 0.81060, 0.9])[:, None] * np.ones(len(paths)),
        readable=np.array([False, False, True, True])[:, None] & np.ones(len(paths), bool),
        end="a balloon has come up to the cortex",
        stages=(
            _stage("before", BEFORE, 14.0, (0.0, 0.0, np.nan, 0.0)),
            _stage("inflated", INFLATED, 10.0, (1.5, 2.25, np.nan, 0.75)),
            _stage("emptied", EMPTIED, 11.5, (1.25, 2.0, np.nan, 0.5)),
        ),
        breaches=(out,) if breach else (),
        cavity_ml=2.5,
        frames=frames,
        triangles=triangles,
        notes=("A BALLOON HAS LEFT THE BONE (cortex)", *NOTES) if breach else NOTES,
    )


def make_kyphoplasty(cement, vertebra, paths, *, breach=False, timed=True):
    """Return balloons with a made-up injection."""
    times = ProcedureCourse(procedure=Procedure.KYPHOPLASTY, steps=STEPS) if timed else None
    return SimulatedKyphoplasty(
        balloon=make_course(vertebra, paths, breach=breach), cement=replace(cement, course=times)
    )


@pytest.fixture(scope="session")
def kyphoplasty_planning(planning):
    """Plans with a kyphoplasty on the same paths, one with both needles and one with the left."""
    own = tuple(replace(plan, procedure=Procedure.KYPHOPLASTY) for plan in planning.plans)
    return replace(planning, plans=(*planning.plans, *own))


@pytest.fixture(scope="session")
def paths(planning):
    return planning.plans[0].paths


@pytest.fixture(scope="session")
def cement(make_vertebroplasty, spine, paths):
    found = make_vertebroplasty(spine["L1"], paths)
    share = ProductValue(
        name="radiopacifier_mass_share", value=0.2, status="verified", source="label"
    )
    product = replace(found.setup.product, values=(*found.setup.product.values, share))
    return replace(found, setup=replace(found.setup, product=product))


@pytest.fixture(scope="session")
def found(cement, spine, paths):
    return make_kyphoplasty(cement, spine["L1"], paths)


@pytest.fixture(scope="session")
def breached(cement, spine, paths):
    return make_kyphoplasty(cement, spine["L1"], paths, breach=True, timed=False)


@pytest.fixture(scope="session")
def one_sided(cement, spine, paths):
    return make_kyphoplasty(cement, spine["L1"], paths[:1])


@pytest.fixture(scope="session")
def without_balloon(cement):
    return SimulatedKyphoplasty(balloon=None, cement=cement)
