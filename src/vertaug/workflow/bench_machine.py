"""How fast the product with a stiffness is, beside what the machine allows."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.workflow.bench import time_call_ms

FLOPS_OF_A_BRICK = 230
"""Operations of the product for each brick; see `vertaug.numerics._brick_numba`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLimits:
    """What all threads reach together.

    Attributes
    ----------
    bytes_per_second : float
        Of memory: a + 1.5 b into c, in single precision.
    flops : float
        Operations a second: multiply-adds in single precision, two each.
    """

    bytes_per_second: float
    flops: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFigures:
    """The product with the stiffness of a body, in single precision.

    Attributes
    ----------
    bricks : int
        That the product passes through: voids inside a row are among them.
    seconds : float
        Of one product.
    bytes_per_second : float
        Displacements, forces and moduli, each moved once.
    flops : float
        Operations a second.
    machine : MachineLimits
        Measured in the same run.
    """

    bricks: int
    seconds: float
    bytes_per_second: float
    flops: float
    machine: MachineLimits

    @property
    def share_of_memory(self) -> float:
        """Share of what memory allows."""
        return self.bytes_per_second / self.machine.bytes_per_second

    @property
    def share_of_arithmetic(self) -> float:
        """Share of what arithmetic allows."""
        return self.flops / self.machine.flops


def measure_limits(numbers: int = 20_000_000, rounds: int = 200_000) -> MachineLimits:
    """Measure what this machine allows.

    Parameters
    ----------
    numbers : int
        Of each array in memory; far more than caches hold.
    rounds : int
        Multiply-adds in every lane.
    """
    import numba

    from vertaug.workflow._machine_numba import LANES, multiply_add, triad

    out, first, second = (np.ones(numbers, dtype=np.float32) for _ in range(3))
    memory_s = 1e-3 * time_call_ms(lambda: triad(out, first, second), 9)
    lanes = np.random.default_rng(0).random((numba.get_num_threads(), LANES), dtype=np.float32)
    arithmetic_s = 1e-3 * time_call_ms(lambda: multiply_add(lanes, rounds), 5)
    return MachineLimits(
        bytes_per_second=12.0 * numbers / memory_s,
        flops=2.0 * lanes.size * rounds / arithmetic_s,
    )


def measure_product(modulus_mpa: FloatArray, machine: MachineLimits) -> ProductFigures:
    """Time the product with the stiffness of a body of voxels of 1 mm.

    Parameters
    ----------
    modulus_mpa : (ni, nj, nk) float64 array
        0 is void.
    machine : MachineLimits
        To compare with.
    """
    from vertaug.mechanics.assembly import assemble
    from vertaug.mechanics.load_case import LoadCase
    from vertaug.numerics.brick_operator import node_weights, prepare_operator
    from vertaug.workflow.bench_solve import model_of_block

    loaded = assemble(model_of_block(modulus_mpa), LoadCase())
    operator = prepare_operator(loaded.body, node_weights(loaded.body), np.float32)
    u = np.random.default_rng(0).standard_normal(loaded.body.held.shape).astype(np.float32)
    out = np.empty_like(u)
    seconds = 1e-3 * time_call_ms(lambda: operator.force(u, out), 9)
    bricks, nodes = loaded.body.grid.cells.size, loaded.body.grid.nodes.size
    return ProductFigures(
        bricks=bricks,
        seconds=seconds,
        bytes_per_second=(24 * nodes + 4 * bricks) / seconds,
        flops=FLOPS_OF_A_BRICK * bricks / seconds,
        machine=machine,
    )
