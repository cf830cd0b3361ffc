"""One thread per test process: results do not depend on it, and workers do not crowd each other."""

import os
import struct
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

import numpy as np
import pytest

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

TESTS = Path(__file__).parent
FOLDERS = ("cli", "real", "verification", "properties", "unit")
"""From long tests to short ones; one that is not named here is an error."""
KINDS = {"Float32": "<f4", "Int32": "<i4", "UInt8": "u1"}


def pytest_configure():
    import numba

    numba.set_num_threads(1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Put files of long tests first: a worker that is left with one keeps the other waiting."""
    items.sort(key=lambda item: FOLDERS.index(item.path.relative_to(TESTS).parts[0]))


@pytest.fixture(scope="session")
def parse():
    """Read a VTU file: numbers of points and cells, and arrays by group and name."""
    return read_vtu


def read_vtu(path):
    """A reader of its own: XML before the appended bytes, then each array by its offset."""
    content = path.read_bytes()
    mark = content.index(b'<AppendedData encoding="raw">\n_') + len(
        b'<AppendedData encoding="raw">\n_'
    )
    assert content.endswith(b"\n</AppendedData>\n</VTKFile>\n")
    root = ET.fromstring(content[:mark] + b"</AppendedData></VTKFile>")
    assert root.attrib["byte_order"] == "LittleEndian"
    assert root.attrib["header_type"] == "UInt64"
    packed = root.get("compressor") == "vtkZLibDataCompressor"
    piece = root.find("UnstructuredGrid/Piece")
    arrays = {}
    for group in piece:
        for one in group:
            raw = _bytes_at(content, mark + int(one.get("offset")), packed=packed)
            values = np.frombuffer(raw, KINDS[one.get("type")])
            parts = one.get("NumberOfComponents")
            arrays[group.tag, one.get("Name")] = values.reshape(-1, int(parts)) if parts else values
    sizes = int(piece.get("NumberOfPoints")), int(piece.get("NumberOfCells"))
    return sizes, arrays


def _bytes_at(content, start, *, packed):
    (first,) = struct.unpack_from("<Q", content, start)
    if not packed:
        return content[start + 8 : start + 8 + first]
    size, last, *each = struct.unpack_from(f"<{2 + first}Q", content, start + 8)
    at, out = start + 8 * (3 + first), []
    for n in each:
        out.append(zlib.decompress(content[at : at + n]))
        at += n
    assert all(len(part) == size for part in out[:-1])
    assert len(out[-1]) == (last or size)
    return b"".join(out)


@pytest.fixture(scope="session")
def make_vertebroplasty():
    """Build a vertebroplasty with lobed cement at the tips of needles; nothing is simulated."""
    return build_vertebroplasty


def build_vertebroplasty(vertebra, paths, *, spread=True, heat=True, stop_rules=True):
    from vertaug.case.filling import Vertebroplasty
    from vertaug.case.simulation import (
        CementClock,
        InjectionSetup,
        ProductSheet,
        ProductValue,
        SimulatedVertebroplasty,
        WatchedRule,
    )

    sheet = ProductSheet(
        name="low_viscosity",
        title="low-viscosity PMMA with 30 % BaSO4 in the powder",
        viscosity_class="low",
        radiopacifier="BaSO4",
        values=(
            ProductValue(
                name="density_g_per_ml",
                value=1.4,
                low=1.28,
                high=1.53,
                status="computed",
                source="rule of mixtures",
            ),
            ProductValue(
                name="viscosity_pa_s",
                value=50.0,
                low=10.0,
                high=100.0,
                status="uncertain",
                source="working numbers",
            ),
            ProductValue(
                name="viscosity_at_s", value=210.0, status="verified", source="the data sheet"
            ),
        ),
    )
    setup = InjectionSetup(
        plan_number=1,
        plan="transpedicular, both sides",
        gauge=paths[0].needle.gauge,
        product=sheet,
        planned_mm3=4400.0,
        volume_source="target of the plan",
        rate_mm3_per_s=50.0,
        stop_rules=stop_rules,
        spacing_mm=1.0,
        seed=1,
        first_age_s=375.0,
        plan_safe=True,
        rules=(
            WatchedRule(rule="posterior_quarter", condition="0.05 ml or more in the last quarter"),
            WatchedRule(rule="disc", condition="0.05 ml or more in the disc"),
        ),
        syringe_limit_mpa=3.215,
        syringe_source="the highest measured in patients",
        clock=CementClock(
            age_s=(375.0, 455.0),
            viscosity_pa_s=(197.6, 385.0),
            temperature_c=22.0,
            shear_rate_per_s=3.0,
            window_s=(180.0, 570.0),
            start_reason="the middle of the working window",
        ),
    )
    return SimulatedVertebroplasty(
        setup=setup,
        result=Vertebroplasty(
            filling=_filling(vertebra, paths),
            heat=_heat() if heat else None,
            spread=_spread() if spread else None,
        ),
        notes=("The needle was put where plan 1 has it",),
    )


def _shares(grid, vertebra, paths, in_body, volumes):
    """Cement shares that grow from the tips in lobes, one array for each volume."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), -1)
    world = grid.to_world(index)
    local = vertebra.frame.to_local(world)
    wave = 1.0 + 0.28 * np.sin(0.9 * local[..., 0] + 1.3) * np.sin(0.8 * local[..., 1])
    wave += 0.22 * np.sin(1.1 * local[..., 2] + 0.4 * local[..., 0])
    away = np.min([np.linalg.norm(world - p.target_lps_mm, axis=-1) for p in paths], axis=0)
    order = np.where(in_body, away * wave, np.inf)
    ranked = np.sort(order[in_body])
    cell = 0.85 * grid.voxel_volume_mm3
    found = []
    for volume in volumes:
        edge = ranked[min(round(volume / cell), ranked.size - 1)]
        soft = np.clip(0.5 - 0.5 * (order - edge), 0.0, 1.0)
        soft *= min(volume / (soft.sum() * grid.voxel_volume_mm3), 0.95 / soft.max())
        found.append(soft.astype(np.float32))
    return found


def _filling(vertebra, paths):
    from vertaug.case.filling import Extravasation, Filling, FillingFrame, StopEvent
    from vertaug.case.grid import axis_aligned_grid
    from vertaug.case.spine import Region

    frame = vertebra.frame
    body = vertebra.regions.grid.to_world(np.argwhere(vertebra.mask(Region.BODY)))
    local = frame.to_local(body)
    low, high = local.min(axis=0) - 3.0, local.max(axis=0) + 3.0
    shape = tuple(int(n) for n in np.ceil(high - low))
    grid = axis_aligned_grid(frame.to_world(low), frame.axes, 1.0, shape)
    in_body = np.zeros(shape, dtype=bool)
    in_body[tuple(np.round(grid.to_index(body)).astype(int).T)] = True
    volumes = np.linspace(500.0, 4000.0, 8)
    shares = _shares(grid, vertebra, paths, in_body, volumes - 60.0 * (volumes > 2900.0))
    leak = Extravasation(
        path="B",
        volume_mm3=60.0,
        first_s=58.0,
        first_injected_mm3=2900.0,
        first_lps_mm=frame.to_world([0.5, 12.0, 0.0]),
        largest_rate_mm3_per_s=2.5,
    )
    event = StopEvent(
        rule="posterior_quarter",
        sentence="cement is seen in the posterior quarter of the body",
        time_s=52.0,
        injected_mm3=2600.0,
        acted_on=False,
    )
    final = shares[-1]
    return Filling(
        level=vertebra.level,
        product="low-viscosity PMMA",
        grid=grid,
        frames=tuple(
            FillingFrame(time_s=v / 50.0, injected_mm3=v, cement_share=s)
            for v, s in zip(volumes, shares, strict=True)
        ),
        curve=_curve(),
        leaks=(leak,),
        events=(event,),
        stop_reason="the planned volume was injected",
        safe_volume_mm3=2600.0,
        injected_mm3=4000.0,
        in_bone_mm3=3940.0,
        in_body=in_body,
        cell_tip=(final > 0.0).astype(np.uint8),
        age_s=np.where(final > 0.0, 400.0, np.nan),
        body_volume_mm3=float(in_body.sum()),
        pore_volume_mm3=0.85 * float(in_body.sum()),
        endplate_gap_mm=np.array([0.0, 2.5]),
        left_share=0.47,
        opening_gap_mm=np.array([0.0, 3.25, np.nan, 6.0, np.nan, 14.0]),
        tips_lps_mm=np.stack([p.target_lps_mm for p in paths]),
        needle_lps_mm=np.stack([[p.entry_lps_mm, p.target_lps_mm] for p in paths]),
        method=("Made up for tests",),
        notes=("Nothing was simulated",),
        leak_limit="leaks are made up and not a prediction",
    )


def _curve():
    from vertaug.case.filling import InjectionCurve

    time = np.linspace(0.0, 80.0, 81)
    leaked = np.zeros((81, 6))
    leaked[:, 0] = np.clip(2.73 * (time - 58.0), 0.0, 60.0)
    return InjectionCurve(
        time_s=time,
        injected_mm3=50.0 * time,
        rate_mm3_per_s=np.where(time > 0.0, 50.0, 0.0),
        tip_mpa=0.012 * (1.0 - np.exp(-time / 15.0)),
        syringe_mpa=0.6 * (1.0 - np.exp(-time / 3.0)) + 0.004 * time,
        leaked_mm3=leaked,
        portion=np.minimum(time // 20.0, 3.0),
    )


def _heat():
    from vertaug.case.filling import HeatResult, TissueHeat

    times = np.linspace(0.0, 1200.0, 61)
    tissues = tuple(
        TissueHeat(
            name=name,
            peak_c=37.0 + rise,
            above_45_s=300.0 if rise > 8.0 else 0.0,
            above_50_s=120.0 if rise > 13.0 else 0.0,
            cem43_min=12.5,
            damage=1e-4,
            burnt_share=0.0,
            history_c=37.0 + rise * np.exp(-(((times - 360.0) / 180.0) ** 2)),
            above_45_mm3=1250.0 if rise > 8.0 else 0.0,
            above_50_mm3=640.0 if rise > 13.0 else 0.0,
        )
        for name, rise in (
            ("canal", 2.0),
            ("superior_endplate", 9.0),
            ("inferior_endplate", 6.0),
            ("cement", 31.0),
        )
    )
    return HeatResult(
        times_s=times,
        degree_mean=np.clip(times / 600.0, 0.0, 0.95),
        tissues=tissues,
        set_s=330.0,
        method=("Heat equation, made up",),
    )


def _spread(samples=32):
    from vertaug.case.filling import FillingSpread

    rng = np.random.default_rng(4)
    leaked = rng.gamma(0.5, 60.0, (samples, 6)) * (rng.random((samples, 6)) < 0.25)
    stopped = rng.random(samples) < 0.7
    safe = np.where(stopped, rng.uniform(1200.0, 4200.0, samples), 4400.0)
    return FillingSpread(
        seed=1,
        samples=samples,
        leak_probability=(leaked > 10.0).mean(axis=0),
        least_mm3=10.0,
        leaked_mm3=leaked,
        safe_volume_mm3=safe,
        stopped=stopped,
        first_rule=tuple("posterior_quarter" if s else "" for s in stopped),
        peak_tip_mpa=rng.uniform(0.004, 0.03, samples),
        peak_syringe_mpa=rng.uniform(0.4, 2.0, samples),
        fill_fraction=rng.uniform(0.1, 0.2, samples),
        drawn={"viscosity, Pa s": rng.uniform(10.0, 100.0, samples)},
        planned_mm3=4400.0,
    )
