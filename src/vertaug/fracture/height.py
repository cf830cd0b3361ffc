"""Heights of a body: six points, mid-sagittal profile and the full height map."""

from dataclasses import dataclass

import numpy as np

from vertaug.case.errors import AnatomyError
from vertaug.case.grid import FloatArray
from vertaug.case.measurement import HeightSet
from vertaug.case.spine import HeightField, Landmarks, Vertebra

PROFILE_SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Places of the mid-sagittal profile, as shares of the depth from the anterior wall."""
_WINDOW_SHARE = 0.1
"""Half width of the mean about each place; a fifth of the depth, so that no single dip counts."""
_HALF_BAND_MM = 2.5
_RIM_MM = 1.5
"""Rounded edge of the height map that the thirds leave out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyHeights:
    """Heights of a body in the mid-sagittal section, mm.

    Attributes
    ----------
    points : HeightSet
        From the six points.
    profile_mm : tuple of float
        Mean height about each of `PROFILE_SHARES`; NaN where unknown.
    """

    points: HeightSet
    profile_mm: tuple[float, ...]

    @classmethod
    def from_points(cls, points: HeightSet) -> "BodyHeights":
        """Return heights whose profile is the parabola through the three heights."""
        values = (points.anterior, points.middle, points.posterior)
        parabola = np.polyfit([0.0, 0.5, 1.0], values, 2)
        profile = np.polyval(parabola, PROFILE_SHARES)
        return cls(points=points, profile_mm=tuple(float(h) for h in profile))

    @classmethod
    def from_vector(cls, vector: FloatArray) -> "BodyHeights":
        """Return heights from the array that `vector` makes."""
        anterior, middle, posterior, *profile = (float(h) for h in vector)
        points = HeightSet(anterior=anterior, middle=middle, posterior=posterior)
        return cls(points=points, profile_mm=tuple(profile))

    def vector(self) -> FloatArray:
        """Return all heights in one array: anterior, middle, posterior, then the profile."""
        points = self.points
        return np.array([points.anterior, points.middle, points.posterior, *self.profile_mm])


def measure_body(vertebra: Vertebra) -> BodyHeights:
    """Return the mid-sagittal heights of a complete vertebra.

    Raises
    ------
    AnatomyError
        If a landmark is missing or two of them coincide.
    """
    landmarks, frame = vertebra.landmarks, vertebra.frame
    front = 0.5 * sum(
        float(frame.to_local(p)[1])
        for p in (landmarks.superior_anterior, landmarks.inferior_anterior)
    )
    back = 0.5 * sum(
        float(frame.to_local(p)[1])
        for p in (landmarks.superior_posterior, landmarks.inferior_posterior)
    )
    surface = vertebra.superior.surface
    height = map_heights(surface, vertebra.inferior.surface)
    band = height[np.abs(surface.u_mm) <= _HALF_BAND_MM]
    share = (surface.v_mm - front) / (back - front)
    return BodyHeights(points=measure_heights(landmarks), profile_mm=_average_profile(band, share))


def _average_profile(band_mm: FloatArray, share: FloatArray) -> tuple[float, ...]:
    profile = []
    for place in PROFILE_SHARES:
        near = band_mm[:, np.abs(share - place) <= _WINDOW_SHARE]
        known = near[np.isfinite(near)]
        profile.append(float(known.mean()) if known.size >= 0.5 * near.size > 0 else np.nan)
    return tuple(profile)


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


def measure_depth(landmarks: Landmarks) -> float:
    """Return the mean distance of the anterior from the posterior corners of a body in mm."""
    edges = (
        (landmarks.superior_anterior, landmarks.superior_posterior),
        (landmarks.inferior_anterior, landmarks.inferior_posterior),
    )
    return sum(float(np.linalg.norm(np.subtract(front, back))) for front, back in edges) / 2.0


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


def average_thirds(height_map_mm: FloatArray, u_mm: FloatArray, v_mm: FloatArray) -> HeightSet:
    """Return the mean height over the anterior, middle and posterior third of the body.

    Every sagittal column (one u) is cut into thirds of its own depth, so that the curved front
    and back of the body stay in the anterior and posterior third. The outermost 1.5 mm of the
    map, where the rim of one endplate stands over the flank of the other, and as much at the
    inner ends of the thirds, is left out.

    Parameters
    ----------
    height_map_mm : (nu, nv) float64 array
        Height; NaN outside the body.
    u_mm, v_mm : (nu,), (nv,) float64 arrays
        Position across the body and along its depth, the latter rising toward posterior.

    Raises
    ------
    AnatomyError
        If the map is empty.
    """
    from scipy.ndimage import distance_transform_edt

    steps = (float(u_mm[1] - u_mm[0]), float(v_mm[1] - v_mm[0]))
    seen = np.isfinite(height_map_mm)
    edge = distance_transform_edt(np.pad(seen, 1), sampling=steps)[1:-1, 1:-1]
    kept = edge - 0.5 * min(steps) >= _RIM_MM
    sums, counts = np.zeros(3), np.zeros(3)
    for column, inside, keep in zip(height_map_mm, seen, kept, strict=True):
        if not keep.any():
            continue
        first, last = v_mm[inside][[0, -1]] + 0.5 * steps[1] * np.array([-1, 1])
        place = 3 * (v_mm - first) / (last - first)
        third = np.clip(place.astype(int), 0, 2)
        # As much is left out at the inner end of a third as at the rim, so that its mean stays
        # the height at its centre.
        central = np.abs(place - third - 0.5) <= 0.5 - 3 * _RIM_MM / (last - first) + 1e-9
        used = keep & central
        np.add.at(sums, third[used], column[used])
        np.add.at(counts, third[used], 1)
    if not counts.all():
        message = "the endplates do not face each other: no height map can be formed"
        raise AnatomyError(message)
    anterior, middle, posterior = (float(x) for x in sums / counts)
    return HeightSet(anterior=anterior, middle=middle, posterior=posterior)
