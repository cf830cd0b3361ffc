"""One thread per test process: results do not depend on it, and workers do not crowd each other."""

import os
import struct
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

KINDS = {"Float32": "<f4", "Int32": "<i4", "UInt8": "u1"}


def pytest_configure():
    import numba

    numba.set_num_threads(1)


@pytest.fixture(scope="session")
def parse():
    """Read a VTU file: numbers of points and cells, and arrays by group and name."""
    return read_vtu


def read_vtu(path):
    """A reader of its own: XML before the appended bytes, then each array by its offset."""
    content = path.read_bytes()
    mark = content.index(b'<AppendedData encoding="raw">\n_') + len(
        b'<AppendedData encoding="raw">\n_'
    )
    assert content.endswith(b"\n</AppendedData>\n</VTKFile>\n")
    root = ET.fromstring(content[:mark] + b"</AppendedData></VTKFile>")
    assert root.attrib["byte_order"] == "LittleEndian"
    assert root.attrib["header_type"] == "UInt64"
    packed = root.get("compressor") == "vtkZLibDataCompressor"
    piece = root.find("UnstructuredGrid/Piece")
    arrays = {}
    for group in piece:
        for one in group:
            raw = _bytes_at(content, mark + int(one.get("offset")), packed=packed)
            values = np.frombuffer(raw, KINDS[one.get("type")])
            parts = one.get("NumberOfComponents")
            arrays[group.tag, one.get("Name")] = values.reshape(-1, int(parts)) if parts else values
    sizes = int(piece.get("NumberOfPoints")), int(piece.get("NumberOfCells"))
    return sizes, arrays


def _bytes_at(content, start, *, packed):
    (first,) = struct.unpack_from("<Q", content, start)
    if not packed:
        return content[start + 8 : start + 8 + first]
    size, last, *each = struct.unpack_from(f"<{2 + first}Q", content, start + 8)
    at, out = start + 8 * (3 + first), []
    for n in each:
        out.append(zlib.decompress(content[at : at + n]))
        at += n
    assert all(len(part) == size for part in out[:-1])
    assert len(out[-1]) == (last or size)
    return b"".join(out)
