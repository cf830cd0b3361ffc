"""A ball of even bone around a needle's tip, for injections whose answer is known."""

import numpy as np
import pytest

from vertaug.augmentation.cement.cannula import Tube
from vertaug.augmentation.cement.injection_plan import PlacedNeedle
from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.porous_body import PorousBody
from vertaug.augmentation.cement.thin_links import ThinLinks
from vertaug.case.grid import axis_aligned_grid
from vertaug.case.instrument import Needle
from vertaug.numerics.flow_cells import POROUS, SEALED, FlowCells


def ball(spacing=1.0, radius=16.0, permeability=3.44e-2, porosity=0.85, link=1e3):
    """Marrow leaves freely through every cell of the surface, as type C."""
    half = int(np.ceil(radius / spacing)) + 2
    shape = (2 * half + 1,) * 3
    grid = axis_aligned_grid(np.full(3, -half * spacing), np.eye(3), spacing, shape)
    away = np.linalg.norm(grid.to_world(np.indices(shape).reshape(3, -1).T), axis=1)
    away = away.reshape(shape)
    porous = away < radius
    edge = porous & (away >= radius - 1.2 * spacing)
    fill = np.where(porous, 1.0, 0.0)
    return PorousBody(
        grid=grid,
        cells=FlowCells(
            region=np.where(porous, POROUS, SEALED).astype(np.uint8),
            spacing_mm=grid.spacing_mm,
            ratios=np.ones(3),
        ),
        porosity=porosity * fill,
        permeability_mm2=permeability * fill,
        pore_volume_mm3=porosity * fill * spacing**3,
        links=np.where(edge, link, 0.0),
        path=np.where(edge, LeakPath.C, 0).astype(np.uint8),
        shell_mm=np.where(edge, 0.0, np.nan),
        in_body=porous,
        body_volume_mm3=float(porous.sum() * spacing**3),
    )


def needle_at(tip=(0.0, 0.0, 0.0), radius=1.3, bore=2.4):
    """Return a needle that comes from behind."""
    return PlacedNeedle(
        entry_lps_mm=np.array(tip) + np.array([0.0, 30.0, 0.0]),
        tip_lps_mm=np.array(tip, dtype=float),
        needle=Needle(gauge=11, outer_diameter_mm=2.0 * radius),
        tube=Tube(bore_mm=min(bore, 1.9 * radius), length_mm=150.0),
    )


def one_link(cell, own, room, *, bone=np.inf, bone_room=0.0, shear=0.0, path=LeakPath.S):
    """Return one link of a cell, by default without bone before its way and none of it in it."""
    return ThinLinks(
        cell=np.array([cell]),
        path=np.array([path], dtype=np.uint8),
        own_mm3=np.array([own]),
        bone_mm3=np.array([bone]),
        room_mm3=np.array([room]),
        bone_room_mm3=np.array([bone_room]),
        shear_per_mm3=np.array([shear]),
        exit_lps_mm=np.zeros((1, 3)),
    )


def newtonian(product, viscosity_pa_s):
    """Return the product with one viscosity at any rate and, almost, at any age."""
    for key, value in (
        ("exponent", 1.0),
        ("viscosity_pa_s", viscosity_pa_s),
        ("thickening_s", 1e5),
        ("activation_kj_per_mol", 0.0),
    ):
        product = product.with_value(key, value)
    return product


@pytest.fixture(scope="session", name="ball")
def ball_fixture():
    return ball


@pytest.fixture(scope="session", name="needle_at")
def needle_fixture():
    return needle_at


@pytest.fixture(scope="session", name="newtonian")
def newtonian_fixture():
    return newtonian


@pytest.fixture(scope="session", name="one_link")
def link_fixture():
    return one_link
