"""The C-arm: where source and detector stand, and where a point of the patient is seen."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray, read_only
from vertaug.case.positioner import (
    describe_angles,
    positioner_angles,
    receptor_direction,
    signed_degrees,
)

_LEVEL = float(np.radians(20.0))
"""A receptor within this angle of the horizontal stands beside the patient, and within this angle
of the body's long axis at its end."""


class Posture(StrEnum):
    """How the patient lies on the table."""

    PRONE = "prone"
    SUPINE = "supine"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CArm:
    """A C-arm in one position.

    Angles follow DICOM (`vertaug.case.positioner`): of the patient, not of the room; LAO and
    CRA positive; they say where the receptor is. The image is what somebody sees who looks from
    the receptor to the source with the patient's head up: with the receptor in front of the
    patient (0/0) the patient's left is on the right side of the image, with the receptor behind
    (180/0, the prone patient with the tube under the table) it is on the left side.

    Attributes
    ----------
    isocentre_lps_mm : (3,) float64 array
        The point about which the arm turns, in the patient's LPS mm.
    primary_angle_deg, secondary_angle_deg : float
        In [-180, 180] and [-90, 90].
    source_detector_mm, source_isocentre_mm : float
        Focus to detector, and focus to isocentre.
    detector_mm : tuple of float
        Width and height of the active area.
    pixels : tuple of int
        Columns and rows.
    posture : Posture
        How the patient lies; it changes what the sentence says, not the geometry.
    round_field : bool
        Whether the field is round, as of an image intensifier.
    zoomed : float
        By how much the field is smaller than the whole detector; the automatic exposure asks
        for that much more dose at the detector (design default; systems differ).
    title, source : str
        What it is, and where its numbers come from.
    """

    isocentre_lps_mm: FloatArray
    primary_angle_deg: float = 0.0
    secondary_angle_deg: float = 0.0
    source_detector_mm: float = 1060.0
    source_isocentre_mm: float = 600.0
    detector_mm: tuple[float, float] = (300.0, 300.0)
    pixels: tuple[int, int] = (1024, 1024)
    posture: Posture = Posture.PRONE
    round_field: bool = False
    zoomed: float = 1.0
    title: str = "C-arm"
    source: str = "given by the user"

    def __post_init__(self) -> None:
        centre = np.asarray(self.isocentre_lps_mm, dtype=np.float64)
        if centre.shape != (3,) or not np.isfinite(centre).all():
            message = f"the isocentre must be a point in LPS mm; got {self.isocentre_lps_mm}"
            raise GeometryError(message)
        object.__setattr__(self, "isocentre_lps_mm", read_only(centre))
        object.__setattr__(self, "posture", Posture(self.posture))
        self._check_angles()
        self._check_distances()

    def _check_angles(self) -> None:
        for name, value, limit in (
            ("primary", self.primary_angle_deg, 180.0),
            ("secondary", self.secondary_angle_deg, 90.0),
        ):
            if not -limit <= value <= limit:
                message = (
                    f"the {name} angle must lie between {-limit:g} and {limit:g} degrees "
                    f"(LAO and CRA positive); got {value:g}"
                )
                raise GeometryError(message)

    def _check_distances(self) -> None:
        if not 0 < self.source_isocentre_mm < self.source_detector_mm:
            message = (
                "the isocentre must lie between source and detector: source to isocentre "
                f"{self.source_isocentre_mm:g} mm, source to detector "
                f"{self.source_detector_mm:g} mm"
            )
            raise GeometryError(message)
        if not self.zoomed >= 1.0:
            message = f"a zoom factor is at least 1; got {self.zoomed:g}"
            raise GeometryError(message)
        if min(self.detector_mm) <= 0 or min(self.pixels) < 1 or max(self.pixels) > 8192:
            message = (
                "the detector needs a positive size and 1 to 8192 pixels a side; got "
                f"{self.detector_mm} mm and {self.pixels} pixels"
            )
            raise GeometryError(message)

    @property
    def receptor(self) -> FloatArray:
        """Unit vector from the isocentre to the receptor in LPS, shape (3,)."""
        return receptor_direction(self.primary_angle_deg, self.secondary_angle_deg)

    @property
    def up(self) -> FloatArray:
        """Unit vector of the image's upward direction in LPS: toward the head, shape (3,)."""
        p, s = np.radians([self.primary_angle_deg, self.secondary_angle_deg])
        return np.array([-np.sin(p) * np.sin(s), np.cos(p) * np.sin(s), np.cos(s)])

    @property
    def right(self) -> FloatArray:
        """Unit vector of the image's direction to the right in LPS, shape (3,)."""
        return np.asarray(np.cross(-self.receptor, self.up))

    @property
    def focus_lps_mm(self) -> FloatArray:
        """Focal spot in LPS mm, shape (3,)."""
        return np.asarray(self.isocentre_lps_mm - self.source_isocentre_mm * self.receptor)

    @property
    def pitch_mm(self) -> FloatArray:
        """Pixel size on the detector, along columns and rows, shape (2,)."""
        return np.asarray(np.divide(self.detector_mm, self.pixels))

    @property
    def pixel_rays(self) -> FloatArray:
        """Source, centre of pixel (0, 0), step of a column and of a row in LPS mm, (4, 3)."""
        pitch = self.pitch_mm
        across, down = self.right * pitch[0], -self.up * pitch[1]
        centre = self.focus_lps_mm + self.source_detector_mm * self.receptor
        columns, rows = self.pixels
        corner = centre - across * (columns - 1) / 2 - down * (rows - 1) / 2
        return np.array([self.focus_lps_mm, corner, across, down])

    def project(self, points_lps_mm: ArrayLike) -> FloatArray:
        """Return where points are seen: column and row, pixel centres at whole numbers.

        Parameters
        ----------
        points_lps_mm : (..., 3) array
            Points in front of the focus.

        Returns
        -------
        (..., 2) float64 array

        Raises
        ------
        GeometryError
            If a point lies beside or behind the focus.
        """
        offset = np.asarray(points_lps_mm, dtype=np.float64) - self.focus_lps_mm
        depth = offset @ self.receptor
        if np.any(depth <= 0):
            message = "a point beside or behind the focal spot is not seen on the detector"
            raise GeometryError(message)
        scale = (self.source_detector_mm / depth)[..., None]
        plane = np.stack([offset @ self.right, -(offset @ self.up)], axis=-1) * scale
        return np.asarray(plane / self.pitch_mm + (np.array(self.pixels) - 1) / 2)

    def trace(self, pixels: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the rays of pixels: the focus, shape (3,), and unit directions, (..., 3)."""
        where = np.asarray(pixels, dtype=np.float64)
        focus, corner, across, down = self.pixel_rays
        ends = corner + where[..., :1] * across + where[..., 1:] * down
        rays = ends - focus
        return focus, rays / np.linalg.norm(rays, axis=-1, keepdims=True)

    def magnification(self, point_lps_mm: ArrayLike) -> float:
        """Return source-detector over source-object distance at a point."""
        offset = np.asarray(point_lps_mm, dtype=np.float64) - self.focus_lps_mm
        return float(self.source_detector_mm / (offset @ self.receptor))

    def aim(self, primary_angle_deg: float, secondary_angle_deg: float) -> "CArm":
        """Return the arm turned to other angles."""
        return replace(
            self,
            primary_angle_deg=float(primary_angle_deg),
            secondary_angle_deg=float(secondary_angle_deg),
        )

    def centre_on(self, point_lps_mm: ArrayLike) -> "CArm":
        """Return the arm moved so that a point is its isocentre."""
        return replace(self, isocentre_lps_mm=np.asarray(point_lps_mm, dtype=np.float64))

    def with_pixels(self, columns: int) -> "CArm":
        """Return the arm with that many columns and rows in proportion: finer or coarser."""
        rows = max(1, round(columns * self.pixels[1] / self.pixels[0]))
        return replace(self, pixels=(int(columns), rows))

    def zoom(self, factor: float) -> "CArm":
        """Return the arm with a smaller field read out at the same number of pixels.

        Raises
        ------
        GeometryError
            If the factor is below 1.
        """
        if not factor >= 1.0:
            message = f"a zoom factor is at least 1; got {factor:g}"
            raise GeometryError(message)
        width, height = self.detector_mm
        smaller = (width / factor, height / factor)
        return replace(self, detector_mm=smaller, zoomed=self.zoomed * factor)

    def describe(self) -> str:
        """Return a sentence that says how the image is taken."""
        field = " x ".join(f"{side / 10:.3g}" for side in self.detector_mm)
        whole = " x ".join(f"{side * self.zoomed / 10:.3g}" for side in self.detector_mm)
        shape = "round field of" if self.round_field else "field"
        zoom = f" of {whole}" if self.zoomed > 1.0 else ""
        return (
            f"Patient {self.posture.value}, receptor {self.receptor_place}, {self._tube_words()} "
            f"({describe_angles(self.primary_angle_deg, self.secondary_angle_deg)}; DICOM primary "
            f"{signed_degrees(self.primary_angle_deg)}, secondary "
            f"{signed_degrees(self.secondary_angle_deg)}). "
            f"{self.title[:1].upper()}{self.title[1:]}, source to detector "
            f"{self.source_detector_mm:.0f} mm, to isocentre {self.source_isocentre_mm:.0f} mm, "
            f"{shape} {field} cm{zoom}{self._warning()}"
        )

    @property
    def receptor_place(self) -> str:
        """Where the receptor stands about the lying patient, such as ``above, 12° to feet``."""
        x, y, z = (float(value) for value in self.receptor)
        height = y * self._ceiling
        along = round(np.degrees(np.arcsin(np.clip(z, -1.0, 1.0))))
        if self._end:
            return f"at the {self._end}"
        tilts = [f"{abs(along)}° to {'head' if along > 0 else 'feet'}"] if along else []
        if self._is_beside:
            return ", ".join([f"on the {'left' if x > 0 else 'right'}", *tilts])
        across = round(np.degrees(np.arctan2(abs(x), abs(height))))
        if across:
            tilts.insert(0, f"{across}° to {'left' if x > 0 else 'right'}")
        return ", ".join(["above" if height > 0 else "below", *tilts])

    @property
    def _ceiling(self) -> float:
        return 1.0 if self.posture is Posture.PRONE else -1.0  # posterior is +y

    @property
    def _end(self) -> str:
        """``head`` or ``feet`` if the receptor stands at an end of the table, else empty."""
        z = float(self.receptor[2])
        return "" if abs(z) <= np.cos(_LEVEL) else "head" if z > 0 else "feet"

    @property
    def _is_beside(self) -> bool:
        """Whether the receptor is on a side: seen from the feet, near the horizontal."""
        x, y = abs(self.receptor[:2])
        return bool(y < np.sin(_LEVEL) * np.hypot(x, y))

    def _tube_words(self) -> str:
        """Say where the tube is: opposite the receptor."""
        if self._end:
            return f"tube at the {'feet' if self._end == 'head' else 'head'}"
        if self._is_beside:
            return "tube beside the table"
        return f"tube {'under' if self.receptor[1] * self._ceiling > 0 else 'over'} the table"

    def _warning(self) -> str:
        """Say how to see the same with the tube under the table."""
        if self._end or self._is_beside or self.receptor[1] * self._ceiling > 0:
            return ""
        primary, secondary = positioner_angles(-self.receptor)
        return (
            ". With the tube over the table more is scattered to the staff; the same line of sight "
            f"from under it is primary {signed_degrees(primary, 0)}, secondary "
            f"{signed_degrees(secondary, 0)}"
        )
