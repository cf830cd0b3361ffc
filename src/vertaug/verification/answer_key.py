"""Measured anatomy and planned margins held against the phantom's exact answers."""

from dataclasses import dataclass, fields

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.plan import NeedlePath, Route
from vertaug.case.spine import EndplateLine, Landmarks, Pedicle, Spine, VertebraFrame
from vertaug.imaging.phantom import HeightLoss, Phantom, PhantomSpec
from vertaug.imaging.phantom.truth import PedicleTruth
from vertaug.verification.true_margins import true_margins

_NAMES = ("anterior", "middle", "posterior")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnatomyErrors:
    """Measured minus true of one level.

    Attributes
    ----------
    height_mm : tuple of float
        Anterior, middle, posterior.
    wedge_angle_deg : float
    frame_angle_deg : float
        Turn between measured and true frame.
    pedicle_width_mm : tuple of float
        Left and right; NaN where no pedicle was found.
    pedicle_axis_deg : tuple of float
        Angle between measured and true axis.
    body_volume_percent : float
    """

    level: str
    height_mm: tuple[float, float, float]
    wedge_angle_deg: float
    frame_angle_deg: float
    pedicle_width_mm: tuple[float, float]
    pedicle_axis_deg: tuple[float, float]
    body_volume_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomVariant:
    """A phantom to measure, by name."""

    name: str
    spec: PhantomSpec


def phantom_variants() -> tuple[PhantomVariant, ...]:
    """Return twelve phantoms: spacing 0.5 to 3 mm, turns to 25 degrees, scoliosis, grades 0-3.

    The field of view holds the labelled levels with a margin.

    Returns
    -------
    tuple of PhantomVariant
    """
    wedge = {"L1": HeightLoss(anterior=0.34, middle=0.27, posterior=0.05)}
    wide: dict[str, object] = {"field_of_view_mm": (220.0, 220.0, 240.0)}
    table: tuple[tuple[str, dict[str, object]], ...] = (
        ("default 1 mm", {"spacing_mm": (1.0, 1.0, 1.0)}),
        ("intact 1 mm", {"spacing_mm": (1.0, 1.0, 1.0), "height_loss": {}}),
        (
            "mild biconcave 1 mm",
            {"spacing_mm": (1.0, 1.0, 1.0), "height_loss": {"L2": HeightLoss(middle=0.225)}},
        ),
        (
            "severe wedge 1 mm",
            {
                "spacing_mm": (1.0, 1.0, 1.0),
                "height_loss": {"L1": HeightLoss(anterior=0.52, middle=0.35, posterior=0.1)},
            },
        ),
        (
            "crush 1 mm",
            {
                "spacing_mm": (1.0, 1.0, 1.0),
                "height_loss": {"T12": HeightLoss(anterior=0.33, middle=0.33, posterior=0.33)},
            },
        ),
        ("fine 0.5 mm", {"spacing_mm": (0.5, 0.5, 0.6), "height_loss": wedge}),
        ("thick slices 3 mm", {"spacing_mm": (0.8, 0.8, 3.0), "height_loss": wedge}),
        ("wide columns 3 mm", {"spacing_mm": (3.0, 1.0, 1.0), "height_loss": wedge}),
        (
            "turned 25 degrees",
            {"spacing_mm": (1.0, 1.0, 1.0), "rotation_deg": (10.0, -8.0, 25.0), **wide},
        ),
        (
            "pitched 20 degrees, 2 mm slices",
            {"spacing_mm": (0.8, 0.8, 2.0), "rotation_deg": (20.0, 0.0, 5.0), **wide},
        ),
        ("scoliosis 25 degrees", {"spacing_mm": (1.0, 1.0, 1.0), "scoliosis_deg": 25.0, **wide}),
        (
            "noisy, oblique grid",
            {
                "spacing_mm": (1.0, 1.0, 1.25),
                "noise_hu": 60.0,
                "grid_rotation_deg": (8.0, -6.0, 12.0),
            },
        ),
    )
    return tuple(
        PhantomVariant(name=name, spec=PhantomSpec(**settings))  # type: ignore[arg-type]
        for name, settings in table
    )


def compare_anatomy(spine: Spine, phantom: Phantom) -> tuple[AnatomyErrors, ...]:
    """Return the errors of every analysed level of a phantom."""
    found = []
    for level, vertebra in spine.vertebrae.items():
        truth = phantom.truth[level]
        heights = _heights(vertebra.landmarks)
        true = [getattr(truth.heights_mm, name) for name in _NAMES]
        wedge = _wedge(vertebra.frame, vertebra.superior.line, vertebra.inferior.line)
        pairs = (
            (vertebra.left_pedicle, truth.left_pedicle),
            (vertebra.right_pedicle, truth.right_pedicle),
        )
        a, m, p = (float(h - t) for h, t in zip(heights, true, strict=True))
        found.append(
            AnatomyErrors(
                level=level,
                height_mm=(a, m, p),
                wedge_angle_deg=wedge - truth.wedge_angle_deg,
                frame_angle_deg=_turn(vertebra.frame.axes, truth.frame.axes),
                pedicle_width_mm=(_width_error(*pairs[0]), _width_error(*pairs[1])),
                pedicle_axis_deg=(_axis_error(*pairs[0]), _axis_error(*pairs[1])),
                body_volume_percent=100.0
                * (vertebra.body_volume_mm3 / truth.body_volume_mm3 - 1.0),
            )
        )
    return tuple(found)


def compare_margins(
    path: NeedlePath, level: str, phantom: Phantom, route: Route, *, within_mm: float = 6.0
) -> dict[str, float]:
    """Return planned minus true margins of a path by name, in mm.

    Parameters
    ----------
    within_mm : float
        Margins that are truly larger are left out: they decide nothing, and where nothing is
        near, which face is the nearest is a matter of definition.
    """
    truth = true_margins(path, level, phantom, route)
    errors = {}
    for item in fields(truth):
        planned, true = getattr(path.margins, item.name), getattr(truth, item.name)
        if planned is not None and true is not None and true <= within_mm:
            errors[item.name] = planned - true
    return errors


def _heights(points: Landmarks) -> list[float]:
    return [
        float(
            np.linalg.norm(
                getattr(points, f"superior_{name}") - getattr(points, f"inferior_{name}")
            )
        )
        for name in _NAMES
    ]


def _wedge(frame: VertebraFrame, superior: EndplateLine, inferior: EndplateLine) -> float:
    """Angle between the lines in the sagittal plane of the frame, kyphosis positive."""

    def slope(line: EndplateLine) -> float:
        local = line.direction @ frame.axes
        return float(np.degrees(np.arctan2(local[2], local[1])))

    return slope(superior) - slope(inferior)


def _turn(a: FloatArray, b: FloatArray) -> float:
    cosine = (float(np.trace(a.T @ b)) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _width_error(found: Pedicle | None, truth: PedicleTruth) -> float:
    return float("nan") if found is None else found.width_mm - truth.width_mm


def _axis_error(found: Pedicle | None, truth: PedicleTruth) -> float:
    if found is None:
        return float("nan")
    return float(np.degrees(np.arccos(np.clip(found.axis @ truth.axis, -1.0, 1.0))))
