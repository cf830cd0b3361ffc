"""The same mesh in CalculiX, an independent finite-element program."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from vertaug.case.grid import Grid
from vertaug.mechanics.elastic import SolverLimits, solve_elastic
from vertaug.mechanics.load_case import LoadCase, Motion, Platen
from vertaug.mechanics.model import VertebraModel, nodes_of_faces
from vertaug.report.abaqus import AbaqusOptions, number_nodes, write_abaqus

CCX = shutil.which("ccx")
pytestmark = [
    pytest.mark.verification,
    pytest.mark.skipif(
        CCX is None,
        reason="CalculiX (program ccx, Debian package calculix-ccx) is not installed",
    ),
]
LIMIT = 1e-4
"""0.01 %: what the stiffness may differ by."""
SHAPE = (20, 18, 16)


def rough_bone(*, anisotropic):
    """A cylinder with a hole, moduli at random from 50 to 6000 MPa, caps, a plug of cement."""
    i, j, k = np.indices(SHAPE)
    filled = ((i - 9.5) / 9.9) ** 2 + ((j - 8.5) / 8.9) ** 2 < 1.0
    filled &= (i - 11) ** 2 + (j - 9) ** 2 + (k - 8) ** 2 > 6
    random = np.random.default_rng(11)
    bone = np.where(filled, np.exp(random.uniform(np.log(50), np.log(6000), SHAPE)), 0.0)
    cap = filled & ((k < 2) | (k > 13))
    filler = np.where(cap, 2500.0, 0.0)
    plug = filled & (abs(i - 6) < 3) & (abs(j - 6) < 3) & (abs(k - 7) < 3)
    filler[plug] = 1200.0
    bone[cap] = 0.0
    turn = np.linalg.qr(np.array([[3.0, 1, 0.2], [-1, 3, 0.4], [0.1, -0.6, 3]]))[0]
    turn *= np.sign(np.diag(turn))
    affine = np.eye(4)
    affine[:3, :3] = turn * np.array([1.0, 1.2, 0.8])
    affine[:3, 3] = 12.0, -230.0, 540.0
    return VertebraModel(
        grid=Grid(shape=SHAPE, affine=affine),
        bone_mpa=bone,
        filler_mpa=filler,
        strength_mpa=np.full(SHAPE, np.inf),
        anisotropic=anisotropic,
        superior_nodes=nodes_of_faces(filled, upper=True),
        inferior_nodes=nodes_of_faces(filled, upper=False),
        height_mm=12.0,
    )


def reactions(folder, name):
    """Run CalculiX; return numbers of the superior nodes and their forces, model axes, N."""
    ran = subprocess.run([CCX, name], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-2000:]
    assert "*ERROR" not in ran.stdout, ran.stdout[-2000:]
    table = Path(folder, f"{name}.dat").read_text().split("forces (fx,fy,fz)")[1]
    rows = [line.split() for line in table.split("total force")[0].splitlines()[1:]]
    values = np.array([row[:4] for row in rows if len(row) >= 4], dtype=float)
    return values[:, 0].astype(int), values[:, 1:]


def both(model, load, folder, *, world=False):
    write_abaqus(folder / "model.inp", model, load, AbaqusOptions(world=world, digits=5))
    node, force = reactions(folder, "model")
    assert sorted(node) == sorted(number_nodes(model)[tuple(model.superior_nodes.T)])
    return node, force, solve_elastic(model, load, SolverLimits(tolerance=1e-8))


@pytest.mark.parametrize("anisotropic", [False, True], ids=["isotropic", "orthotropic"])
@pytest.mark.parametrize("platen", list(Platen))
@pytest.mark.parametrize("world", [False, True], ids=["own axes", "lps"])
def test_stiffness_is_that_of_calculix(anisotropic, platen, world, tmp_path):
    model = rough_bone(anisotropic=anisotropic)
    load = LoadCase(platen=platen)
    _, force, found = both(model, load, tmp_path, world=world)
    stiffness = -force[:, 2].sum() / load.displacement_mm
    assert found.stiffness == pytest.approx(stiffness, rel=LIMIT)


@pytest.mark.parametrize("motion", [Motion.FLEXION, Motion.BEND_LEFT])
def test_bending_moment_is_that_of_calculix(motion, tmp_path):
    model = rough_bone(anisotropic=False)
    node, force, found = both(model, LoadCase(motion=motion), tmp_path)
    numbers = number_nodes(model)[tuple(model.superior_nodes.T)]
    lever = dict(zip(numbers.tolist(), found.loaded.lever_mm.tolist(), strict=True))
    moment = -sum(lever[n] * f for n, f in zip(node.tolist(), force[:, 2].tolist(), strict=True))
    assert found.moment_nmm == pytest.approx(moment, rel=LIMIT)


def test_supports_in_the_plane_of_sliding_platens_take_no_force(tmp_path):
    model = rough_bone(anisotropic=True)
    path = tmp_path / "model.inp"
    write_abaqus(path, model)
    text = path.read_text().replace("NSET=SUPERIOR, TOTALS", "NSET=INFERIOR, TOTALS")
    path.write_text(text)
    _, force = reactions(tmp_path, "model")
    assert np.abs(force[:, :2]).max() < 1e-7 * np.abs(force[:, 2].sum())
