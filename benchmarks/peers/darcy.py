"""Solve for the pressure in porous cells with pyamg, and time it.

    PYTHON darcy.py --method sa|rs --given IN.npz --out OUT.npz

``mobility`` and ``source`` of cubes of 1 mm, pressure 0 on the outer layer. Tolerance 1e-6.
"""

import argparse
import time

import numpy as np
import pyamg
import scipy.sparse as sp


def assemble(mobility):
    """Return the matrix of two-point fluxes of the inner cells."""
    inner = mobility[1:-1, 1:-1, 1:-1]
    size, shape = inner.size, inner.shape
    number = np.arange(size).reshape(shape)
    diagonal, rows, columns, values = np.zeros(shape), [], [], []
    for axis in range(3):
        before = tuple(slice(0, -1) if a == axis else slice(None) for a in range(3))
        after = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        face = 2.0 / (1.0 / inner[before] + 1.0 / inner[after])
        diagonal[before] += face
        diagonal[after] += face
        for end in (0, -1):
            border = tuple(end if a == axis else slice(None) for a in range(3))
            diagonal[border] += 2.0 * inner[border]
        a, b = number[before].ravel(), number[after].ravel()
        rows += [a, b]
        columns += [b, a]
        values += [-face.ravel()] * 2
    rows, columns = (
        np.concatenate([*rows, number.ravel()]),
        np.concatenate([*columns, number.ravel()]),
    )
    return sp.csr_matrix((np.concatenate([*values, diagonal.ravel()]), (rows, columns)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--method", choices=("sa", "rs"), required=True)
    parser.add_argument("--given", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    given = np.load(arguments.given)
    start = time.perf_counter()
    matrix = assemble(given["mobility"])
    right = given["source"][1:-1, 1:-1, 1:-1].ravel()
    assembled = time.perf_counter()
    make = {"sa": pyamg.smoothed_aggregation_solver, "rs": pyamg.ruge_stuben_solver}
    levels = make[arguments.method](matrix)
    prepared = time.perf_counter()
    residuals = []
    found = levels.solve(right, tol=1e-6, accel="cg", maxiter=300, residuals=residuals)
    end = time.perf_counter()
    np.savez(
        arguments.out,
        seconds=(assembled - start, prepared - assembled, end - prepared),
        iterations=len(residuals) - 1,
        pressure=found.reshape(given["mobility"][1:-1, 1:-1, 1:-1].shape),
    )


if __name__ == "__main__":
    main()
