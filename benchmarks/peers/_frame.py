"""What every peer script shares: reading what is given, timing frames, writing what was made."""

import argparse
import time

import numpy as np


def run(name, version, make):
    """Read ``--given``, let ``make`` return a renderer, time it, write ``--out``.

    ``make`` takes the arrays by name and returns (projector, call); ``call`` renders one frame
    and returns it as (rows, columns).
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--given", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    given = dict(np.load(arguments.given))
    projector, call = make(given)
    image = call()
    seconds = []
    for _ in range(arguments.repeat):
        start = time.perf_counter()
        image = call()
        seconds.append(time.perf_counter() - start)
    write(arguments.out, name, version, projector, image=image, seconds=seconds)


def write(out, name, version, projector, *, image, seconds):
    """Write the result of a peer."""
    np.savez(
        out,
        name=name,
        version=version,
        projector=projector,
        image=np.asarray(image, dtype=np.float64),
        seconds=np.asarray(seconds),
    )
