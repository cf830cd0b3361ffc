"""nanodrr (pip: nanodrr) on the CPU: trilinear samples on given rays."""

import sys
from importlib.metadata import version
from pathlib import Path

# this file has the name of the package: look for the package before this folder
sys.path = [p for p in sys.path if Path(p).resolve() != Path(__file__).parent]
from nanodrr.data import Subject  # noqa: E402
from nanodrr.drr.renderer import render  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np  # noqa: E402
import torch  # noqa: E402
from _frame import run  # noqa: E402

SAMPLES = 500  # its default
ROWS = 32


def make(given):
    torch.set_num_threads(2)
    volume = torch.from_numpy(np.ascontiguousarray(given["volume"], dtype=np.float32))
    count = torch.tensor(volume.shape[::-1], dtype=torch.float32)
    to_voxel = torch.eye(4)
    to_voxel[:3, 3] = (count - 1) / 2
    to_grid = torch.diag(torch.cat([2 / count, torch.ones(1)]))
    to_grid[:3, 3] = 1 / count - 1
    subject = Subject(
        volume[None, None],
        torch.zeros_like(volume)[None, None],
        torch.linalg.inv(to_voxel),
        to_voxel,
        to_grid,
        torch.zeros(3),
        max_label=0,
        convert_to_mu=False,
    )
    side = int(given["side"])
    v, u = np.mgrid[0:side, 0:side]
    pixels = given["corner"] + u[..., None] * given["du"] + v[..., None] * given["dv"]
    target = torch.tensor(pixels, dtype=torch.float32)
    source = torch.tensor(given["source"], dtype=torch.float32).reshape(1, 1, 3)
    still, far = torch.eye(4)[None], torch.ones(1)

    def call():
        out = np.empty((side, side))
        with torch.no_grad():
            for row in range(0, side, ROWS):
                ends = target[row : row + ROWS].reshape(1, -1, 3)
                rows = min(ROWS, side - row)
                part = render(
                    subject, still[:, :3, :3], still, far, rows, side, n_samples=SAMPLES,
                    src=source, tgt=ends, backend="torch",
                )  # fmt: skip
                out[row : row + rows] = part[0, 0].numpy()
        return out

    return f"trilinear, {SAMPLES} samples", call


run("nanodrr", version("nanodrr"), make)
