"""Compiling the hot loops of an injection once, by injecting into a small block."""

from collections.abc import Callable

from vertaug.workflow.kernels import KernelSignature, say_kernels

_BLOCK = 16
"""Cells along each edge of the block: enough for every level of the multigrid cycle."""
_VOLUME_MM3 = 40.0
CEMENT_KERNELS: tuple[KernelSignature, ...] = tuple(
    KernelSignature(module=f"vertaug.{module}", name=name, arguments=())
    for module, names in (
        (
            "numerics._darcy_numba",
            (
                "fill_faces",
                "add_faces",
                "fill_weights",
                "restrict",
                "interpolate",
                "coarsen",
                "begin",
                "relax",
                "settle",
                "fill_residual",
                "multiply",
                "fill_flow",
            ),
        ),
        (
            "numerics._transport_numba",
            ("fastest", "fill_upwind", "fill_corrections", "fill_allowances", "add_corrections"),
        ),
        ("numerics._tracer_numba", ("carry",)),
        (
            "numerics._conduction_numba",
            ("fill_conductances", "fastest_decay", "heat_rate", "add_stage"),
        ),
        ("augmentation.cement._cure_numba", ("cure_cells",)),
    )
    for name in names
)
"""Kernels of injection and hardening; `warm_up_cement` finds their types."""


def warm_up_cement(tell: Callable[[str, float], None]) -> None:
    """Compile the kernels of injection and hardening, or load them, by a small block.

    Parameters
    ----------
    tell : callable
        Takes (message, fraction); hears ``compiling kernels, once`` where the cache is cold.
    """
    words = say_kernels(CEMENT_KERNELS)
    tell(f"{words}: flow", 0.0)
    _inject_block()
    tell(f"{words}: heat", 0.7)
    _harden_block()


def _inject_block() -> None:
    import numpy as np

    from vertaug.augmentation.cement.cannula import tube_of_needle
    from vertaug.augmentation.cement.injection import inject
    from vertaug.augmentation.cement.injection_plan import PlacedNeedle, plan_injection
    from vertaug.augmentation.cement.openings import LeakPath
    from vertaug.augmentation.cement.porous_body import PorousBody
    from vertaug.augmentation.cement.product import cement_product, product_names
    from vertaug.case.grid import Grid
    from vertaug.case.instrument import NEEDLE_GAUGES, needle_of_gauge
    from vertaug.numerics.flow_cells import POROUS, SEALED, FlowCells
    from vertaug.tissue.permeability import BAROUD_2004

    shape = (_BLOCK, _BLOCK, _BLOCK)
    region = np.full(shape, SEALED, dtype=np.uint8)
    region[1:-1, 1:-1, 1:-1] = POROUS
    porous = region == POROUS
    pores = np.where(porous, 0.85, 0.0)
    permeability = np.where(porous, 0.01, 0.0)
    body = PorousBody(
        grid=Grid(shape=shape, affine=np.eye(4)),
        cells=FlowCells(region=region, spacing_mm=np.ones(3), ratios=BAROUD_2004.ratios),
        porosity=pores,
        permeability_mm2=permeability,
        pore_volume_mm3=pores,
        links=np.where(porous, 0.1, 0.0),
        path=np.where(porous, LeakPath.C, LeakPath.NONE).astype(np.uint8),
        shell_mm=np.full(shape, np.nan),
        in_body=porous,
        body_volume_mm3=float(porous.sum()),
    )
    needle = needle_of_gauge(NEEDLE_GAUGES[0])
    middle = np.full(3, 0.5 * _BLOCK)
    placed = PlacedNeedle(
        entry_lps_mm=middle - np.array([0.0, 20.0, 0.0]),
        tip_lps_mm=middle,
        needle=needle,
        tube=tube_of_needle(needle),
    )
    product = cement_product(product_names()[0])
    inject(body, plan_injection("L1", (placed,), product, _VOLUME_MM3))


def _harden_block() -> None:
    import numpy as np

    from vertaug.augmentation.cement.hardening import HardeningSchedule, harden
    from vertaug.augmentation.cement.heat_scene import HeatScene
    from vertaug.augmentation.cement.product import cement_product, product_names

    cement = np.zeros((_BLOCK, _BLOCK, _BLOCK))
    cement[6:10, 6:10, 6:10] = 0.8
    scene = HeatScene(
        spacing_mm=np.ones(3), tissue=np.zeros(cement.shape, dtype=np.uint8), cement=cement
    )
    harden(scene, cement_product(product_names()[0]), HardeningSchedule(seconds=10.0))
