"""Binary STL in LPS, as 3D Slicer reads it."""

import numpy as np

from vertaug.report.raster import Mesh

_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def stl_bytes(mesh: Mesh, name: str) -> bytes:
    """Return the mesh as binary STL, LPS mm.

    The 80-byte header says ``SPACE=LPS``, by which 3D Slicer knows the axes. Triangles that
    have no area in float32 are kept, because without them the surface would have holes.
    """
    corners = mesh.vertices[mesh.faces].astype(np.float32)
    edges = corners.astype(np.float64)
    normal = np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    records = np.zeros(len(corners), dtype=_RECORD)
    records["normal"] = np.divide(normal, length, out=np.zeros_like(normal), where=length > 0)
    records["corners"] = corners
    header = f"vertaug {name} mm SPACE=LPS".encode("ascii", "replace")[:80].ljust(80)
    return header + np.uint32(len(corners)).tobytes() + records.tobytes()
