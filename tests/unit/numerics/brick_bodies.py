"""Small bodies of bricks."""

import numpy as np

from vertaug.numerics.brick_operator import BrickBody, node_weights, prepare_operator
from vertaug.numerics.hexahedron import isotropic_stiffness
from vertaug.numerics.span_grid import span_body

SPACING = np.array([0.7, 1.1, 0.9])


def make_body(modulus, *, held=True, spacing=SPACING):
    """Return bricks held at their lower side, or nowhere."""
    grid = span_body(modulus > 0.0)
    height = grid.gather_nodes(np.broadcast_to(np.arange(modulus.shape[2] + 1), grid.node_shape))
    return BrickBody(
        grid=grid,
        spacing_mm=spacing,
        moduli=grid.gather_cells(modulus)[None],
        elasticity=(isotropic_stiffness(0.3),),
        held=np.array([(height == 0) & held] * 3),
    )


def scattered(shape=(5, 6, 7), share=0.3, decades=3.0):
    rng = np.random.default_rng(7)
    modulus = 10.0 ** (decades * rng.random(shape)) * (rng.random(shape) > share)
    modulus[:, :, 0] = 10.0
    return modulus


def stiffness_of(body):
    """Return the product of a body's stiffness with free displacements."""
    operator = prepare_operator(body, node_weights(body), np.float64)

    def multiply(u):
        out = np.empty_like(u)
        operator.apply(u, out)
        return out

    return multiply
