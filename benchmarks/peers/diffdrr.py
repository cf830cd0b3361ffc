"""DiffDRR (pip: diffdrr) on the CPU: Siddon's projector on given rays."""

import sys
from importlib.metadata import version
from pathlib import Path

# this file has the name of the package: look for the package before this folder
sys.path = [p for p in sys.path if Path(p).resolve() != Path(__file__).parent]
from diffdrr.renderers import Siddon  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np  # noqa: E402
import torch  # noqa: E402
from _frame import run  # noqa: E402

ROWS = 16  # at once: all rays of 512 x 512 would take more memory than there is


def make(given):
    torch.set_num_threads(2)
    volume = torch.from_numpy(np.ascontiguousarray(given["volume"].transpose(2, 1, 0)))
    centre = (np.array(volume.shape) - 1) / 2
    side = int(given["side"])
    v, u = np.mgrid[0:side, 0:side]
    pixels = given["corner"] + u[..., None] * given["du"] + v[..., None] * given["dv"]
    length = np.linalg.norm(pixels - given["source"], axis=-1)
    source = torch.tensor(given["source"] + centre, dtype=torch.float32).reshape(1, 1, 3)
    target = torch.tensor(pixels + centre, dtype=torch.float32)
    siddon = Siddon()

    def call():
        out = np.empty((side, side))
        with torch.no_grad():
            for row in range(0, side, ROWS):
                ends = target[row : row + ROWS].reshape(1, -1, 3)
                starts = source.expand(1, ends.shape[1], 3)
                scale = torch.ones(1, 1, ends.shape[1])
                part = siddon(volume, starts, ends, scale)
                out[row : row + ROWS] = part.reshape(-1, side).numpy()
        return out * length

    return "siddon", call


run("diffdrr", version("diffdrr"), make)
