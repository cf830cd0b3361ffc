"""One thread per test process: results do not depend on it, and workers do not crowd each other."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


def pytest_configure():
    import numba

    numba.set_num_threads(1)
