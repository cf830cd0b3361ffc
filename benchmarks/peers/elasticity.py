"""Solve a body of voxels with another program, and time it.

    PYTHON elasticity.py --method parosol|pyamg|jacobi --given IN.npz --out OUT.npz

``modulus`` (third axis superior) in MPa, voxels of 1 mm, nu = 0.3; the inferior plane stays, the
superior one goes down by 1 % of the height, both may slide. Tolerance 1e-6.
"""

import argparse
import time

import numpy as np


def stiffness():
    """Return the 24 x 24 stiffness of a brick of modulus 1 and edge 1, node 4a + 2b + c."""
    nu, g = 0.3, 1 / np.sqrt(3)
    lame, shear = nu / ((1 + nu) * (1 - 2 * nu)), 0.5 / (1 + nu)
    law = np.diag([2 * shear] * 3 + [shear] * 3)
    law[:3, :3] += lame
    signs = np.array(
        [[2 * (n >> 2) - 1, 2 * ((n >> 1) & 1) - 1, 2 * (n & 1) - 1] for n in range(8)]
    )
    total = np.zeros((24, 24))
    for point in signs * g:
        near = 1 + signs * point
        slope = np.stack(
            [signs[:, a] * np.delete(near, a, axis=1).prod(axis=1) / 4 for a in range(3)], axis=1
        )
        b = np.zeros((6, 24))
        for a in range(3):
            b[a, a::3] = slope[:, a]
        for row, (p, q) in enumerate(((1, 2), (0, 2), (0, 1))):
            b[3 + row, p::3], b[3 + row, q::3] = slope[:, q], slope[:, p]
        total += b.T @ law @ b / 8
    return total


def assemble(modulus):
    import scipy.sparse as sp

    shape = np.array(modulus.shape) + 1
    number = np.arange(shape.prod()).reshape(shape)
    i, j, k = np.nonzero(modulus)
    corners = [(n >> 2, (n >> 1) & 1, n & 1) for n in range(8)]
    nodes = np.stack([number[i + a, j + b, k + c] for a, b, c in corners], axis=1)
    dofs = (3 * nodes[:, :, None] + np.arange(3)).reshape(len(i), 24).astype(np.int32)
    values = (modulus[i, j, k][:, None, None] * stiffness()).ravel()
    rows, columns = np.repeat(dofs, 24, axis=1).ravel(), np.tile(dofs, (1, 24)).ravel()
    matrix = sp.coo_matrix((values, (rows, columns)), shape=(3 * number.size,) * 2).tocsr()
    used = matrix.diagonal() > 0
    held = np.zeros((*shape, 3), dtype=bool)
    held[:, :, [0, -1], 2] = True
    given = np.zeros((*shape, 3))
    given[:, :, -1, 2] = -0.01 * modulus.shape[2]
    free = used & ~held.ravel()
    return matrix, free, given.ravel(), number


def rigid_modes(number, free):
    place = np.stack(np.unravel_index(np.arange(number.size), number.shape), axis=1).astype(float)
    place -= place.mean(axis=0)
    modes = np.zeros((number.size, 3, 6))
    for a in range(3):
        modes[:, a, a] = 1.0
    for n, (p, q) in enumerate(((0, 1), (1, 2), (0, 2))):
        modes[:, p, 3 + n], modes[:, q, 3 + n] = -place[:, q], place[:, p]
    return modes.reshape(-1, 6)[free]


def solve_assembled(modulus, method):
    import scipy.sparse as sp
    from scipy.sparse.linalg import LinearOperator, cg

    start = time.perf_counter()
    matrix, free, given, number = assemble(modulus)
    inner = matrix[free][:, free]
    right = -(matrix @ given)[free]
    count = [0]

    def tick(_):
        count[0] += 1

    if method == "pyamg":
        import pyamg

        levels = pyamg.smoothed_aggregation_solver(inner, B=rigid_modes(number, free))
        residuals = []
        found = levels.solve(right, tol=1e-6, accel="cg", maxiter=500, residuals=residuals)
        count[0] = len(residuals) - 1
    else:
        inverse = 1.0 / inner.diagonal()
        jacobi = LinearOperator(inner.shape, matvec=lambda v: inverse * v)
        found, _ = cg(inner, right, rtol=1e-6, maxiter=5000, M=jacobi, callback=tick)
    given[free] = found
    seconds = time.perf_counter() - start
    assert sp.issparse(matrix)
    force = (matrix @ given).reshape(*number.shape, 3)[:, :, -1, 2].sum()
    return seconds, count[0], -float(force)


def solve_parosol(modulus):
    import parosol_py

    start = time.perf_counter()
    result = parosol_py.solve(
        material=modulus,
        spacing=(1.0, 1.0, 1.0),
        array_order="xyz",
        material_unit="MPa",
        strain=-0.01,
        tolerance=1e-6,
        mpi_processes=2,
        outputs=(),
    )
    wall = time.perf_counter() - start
    run = result.summary.run
    return run.overall_time_seconds or wall, run.iterations or 0, float("nan")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--method", choices=("parosol", "pyamg", "jacobi"), required=True)
    parser.add_argument("--given", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    modulus = np.load(arguments.given)["modulus"]
    if arguments.method == "parosol":
        found = solve_parosol(modulus)
    else:
        found = solve_assembled(modulus, arguments.method)
    np.savez(arguments.out, seconds=found[0], iterations=found[1], force=found[2])


if __name__ == "__main__":
    main()
