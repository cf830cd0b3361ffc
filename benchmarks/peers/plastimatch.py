"""plastimatch (Debian: plastimatch), its drr command: exact projector.

A program of its own: the time of a further frame is what ten more frames of a turn add.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from _frame import write

MORE = 10


def write_volume(path, volume):
    """Write a MetaImage of 1 mm voxels centred on the origin."""
    count = volume.shape[::-1]
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\n"
        f"Offset = {' '.join(str(-(n - 1) / 2) for n in count)}\nElementSpacing = 1 1 1\n"
        f"DimSize = {' '.join(map(str, count))}\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n"
    )
    path.write_bytes(header.encode() + np.ascontiguousarray(volume, dtype="<f4").tobytes())


def read_pfm(path):
    """Return the one image that a PFM file holds, first row first."""
    data = path.read_bytes()
    kind, size, scale, rest = data.split(b"\n", 3)
    assert kind == b"Pf"
    columns, rows = map(int, size.split())
    order = "<f4" if float(scale) < 0 else ">f4"
    return np.frombuffer(rest, order, rows * columns).reshape(rows, columns)


def main():
    """Render and time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--given", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    given = dict(np.load(arguments.given))
    side = int(given["side"])
    middle = given["corner"] + (given["du"] + given["dv"]) * (side - 1) / 2
    normal = (given["source"] - middle) / np.linalg.norm(given["source"] - middle)
    size = np.linalg.norm(given["du"]) * side
    up = -given["dv"] / np.linalg.norm(given["dv"])
    with tempfile.TemporaryDirectory() as folder:
        volume = Path(folder) / "volume.mha"
        write_volume(volume, given["volume"])
        common = [
            "plastimatch", "drr", "-i", "exact", "-P", "none", "-t", "pfm",
            "-r", f"{side} {side}", "-z", f"{size} {size}",
            "--sad", str(np.linalg.norm(given["source"])),
            "--sid", str(np.linalg.norm(given["source"] - middle)),
        ]  # fmt: skip
        still = ["--nrm", " ".join(map(str, normal)), "--vup", " ".join(map(str, up))]
        out = Path(folder) / "still"
        subprocess.run([*common, *still, "-O", out, volume], check=True, capture_output=True)
        # its values are per cm, and its columns run from the other side
        image = 10.0 * read_pfm(next(Path(folder).glob("still*.pfm")))[:, ::-1]
        seconds = []
        for _ in range(3):
            spent = []
            for count in (1, 1 + MORE):
                turn = ["-y", "20", "-N", "0.1", "-a", str(count)]
                start = time.perf_counter()
                subprocess.run(
                    [*common, *turn, "-O", Path(folder) / "turn", volume],
                    check=True,
                    capture_output=True,
                )
                spent.append(time.perf_counter() - start)
            seconds.append((spent[1] - spent[0]) / MORE)
    text = subprocess.run(["plastimatch", "--version"], capture_output=True, text=True, check=True)
    version = text.stdout.split()[-1]
    write(arguments.out, "plastimatch", version, "exact", image=image, seconds=seconds)


main()
