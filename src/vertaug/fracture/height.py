"""Heights of a body: six points and the full height map."""

import numpy as np

from vertaug.case.errors import AnatomyError
from vertaug.case.grid import FloatArray
from vertaug.case.measurement import HeightSet
from vertaug.case.spine import HeightField, Landmarks


def measure_heights(landmarks: Landmarks) -> HeightSet:
    """Return the distances between superior and inferior points in mm (clinical reference 2.1).

    Raises
    ------
    AnatomyError
        If a landmark is missing or two of them coincide.
    """
    pairs = (
        (landmarks.superior_anterior, landmarks.inferior_anterior),
        (landmarks.superior_middle, landmarks.inferior_middle),
        (landmarks.superior_posterior, landmarks.inferior_posterior),
    )
    values = [float(np.linalg.norm(np.subtract(top, bottom))) for top, bottom in pairs]
    if not all(np.isfinite(v) and v > 0 for v in values):
        message = f"heights of the body must be positive; the six points give {values} mm"
        raise AnatomyError(message)
    return HeightSet(anterior=values[0], middle=values[1], posterior=values[2])


def map_heights(superior: HeightField, inferior: HeightField) -> FloatArray:
    """Return the height of the body over the sampling of the superior endplate, (nu, nv) mm.

    NaN where either endplate is missing.
    """
    same = np.array_equal(superior.u_mm, inferior.u_mm) and np.array_equal(
        superior.v_mm, inferior.v_mm
    )
    if same:
        return np.asarray(superior.height_mm - inferior.height_mm)
    from scipy.interpolate import RegularGridInterpolator

    sample = RegularGridInterpolator(
        (inferior.u_mm, inferior.v_mm), inferior.height_mm, bounds_error=False, fill_value=np.nan
    )
    u, v = np.meshgrid(superior.u_mm, superior.v_mm, indexing="ij")
    return np.asarray(superior.height_mm - sample(np.stack([u, v], axis=-1)))


def average_thirds(height_map_mm: FloatArray, v_mm: FloatArray) -> HeightSet:
    """Return the mean height over the anterior, middle and posterior third of the body.

    Every sagittal column (one u) is cut into thirds of its own depth, so that the curved front
    and back of the body stay in the anterior and posterior third.

    Parameters
    ----------
    height_map_mm : (nu, nv) float64 array
        Height; NaN outside the body.
    v_mm : (nv,) float64 array
        Position along the body's depth, rising toward posterior.

    Raises
    ------
    AnatomyError
        If the map is empty.
    """
    sums, counts = np.zeros(3), np.zeros(3)
    for column in height_map_mm:
        inside = np.isfinite(column)
        if inside.sum() < 3:
            continue
        v = v_mm[inside]
        third = np.clip((3 * (v - v[0]) / (v[-1] - v[0] + 1e-9)).astype(int), 0, 2)
        np.add.at(sums, third, column[inside])
        np.add.at(counts, third, 1)
    if not counts.all():
        message = "the endplates do not face each other: no height map can be formed"
        raise AnatomyError(message)
    anterior, middle, posterior = (float(x) for x in sums / counts)
    return HeightSet(anterior=anterior, middle=middle, posterior=posterior)
