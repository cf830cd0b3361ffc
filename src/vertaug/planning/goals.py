"""What a path should be: the approach (route, side, needle) and the aim (where the tip lies)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vertaug.case.grid import FloatArray
from vertaug.case.level import LEVELS
from vertaug.case.plan import Procedure, Route
from vertaug.case.spine import Vertebra
from vertaug.planning.body import BodyShape
from vertaug.planning.rules import SafetyRules
from vertaug.planning.side import SideGeometry

# Convergence in degrees of the routes beside the pedicle. Thoracic 20-30 (physics reference
# 6.2, verified); far-lateral: design default, the posterolateral approach of discography.
_CONVERGENCE_DEG = {Route.PARAPEDICULAR: 28.0, Route.FAR_LATERAL: 45.0}
# Anterior third near the junction with the middle third (clinical reference 3.4); kyphoplasty:
# the distal end of the balloon's bed, as far forward as 5 mm to the anterior wall allow.
_DEPTH = {Procedure.VERTEBROPLASTY: 0.73, Procedure.KYPHOPLASTY: 0.80}


@dataclass(frozen=True, kw_only=True, eq=False)
class Approach:
    """One route on one side with one needle, whatever the procedure.

    Attributes
    ----------
    route : Route
    side : SideGeometry
    shape : BodyShape
    rules : SafetyRules
    radius_mm : float
        Outer radius of the needle.
    """

    route: Route
    side: SideGeometry
    shape: BodyShape
    rules: SafetyRules
    radius_mm: float

    @property
    def convergence_deg(self) -> float:
        """Convergence that suits the route; NaN for the transpedicular one."""
        return _CONVERGENCE_DEG.get(self.route, float("nan"))

    @cached_property
    def collapsed(self) -> bool:
        """Whether the body's middle has lost a quarter of its posterior height or more."""
        return _body_height_mm(self.shape, 0.5) < 0.75 * _body_height_mm(self.shape, 0.1)

    @cached_property
    def basivertebral_mm(self) -> FloatArray:
        """Ends of the basivertebral channel: posterior wall to the body's middle, (2, 3)."""
        zero, x = np.zeros(1), np.array([self.shape.middle_x_mm])
        back = self.shape.place(x, zero, zero + 0.5)
        middle = self.shape.place(x, zero + 0.5, zero + 0.5)
        return np.concatenate([back, middle])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aim:
    """What the needle is for: where its tip should lie.

    Attributes
    ----------
    paired : bool
        True for one needle of a bilateral pair, False for a needle that has to do alone.
    tip_mm : (3,) float64 array
        Where the tip should lie, vertebra frame.
    sigma_mm : (3,) float64 array
        How soft that is, along x, y, z.
    """

    procedure: Procedure
    paired: bool
    tip_mm: FloatArray
    sigma_mm: FloatArray


def routes_of_level(level: str) -> tuple[Route, ...]:
    """Return the routes that are used at a level (clinical reference 3.4)."""
    if level.startswith("T"):
        return (Route.TRANSPEDICULAR, Route.PARAPEDICULAR)
    return (Route.TRANSPEDICULAR, Route.FAR_LATERAL)


def default_gauge(level: str, procedure: Procedure) -> int:
    """Return the usual gauge (clinical reference 3.4, physics reference 6.2).

    Kyphoplasty 10G cannula; vertebroplasty 11G from T9 down, 13G above.
    """
    if procedure is Procedure.KYPHOPLASTY:
        return 10
    return 11 if LEVELS.index(level) >= LEVELS.index("T9") else 13


def make_aim(
    vertebra: Vertebra, shape: BodyShape, sign: float, procedure: Procedure, *, paired: bool
) -> Aim:
    """Return the aim of a needle on the left (sign +1) or right (-1) side."""
    width = shape.half_width_mm
    x = shape.middle_x_mm + sign * width * (0.36 if paired else 0.04)
    depth = np.array([_DEPTH[procedure]])
    ideal = shape.place(np.array([x]), depth, np.array([_ideal_height(vertebra, procedure)]))[0]
    ends = shape.place(np.full(2, x), np.array([0.0, 1.0]), np.full(2, 0.5))
    height = _body_height_mm(shape, 0.5)
    sigma = np.array([0.20 * width, 0.09 * float(np.ptp(ends[:, 1])), max(0.13 * height, 1.0)])
    return Aim(procedure=procedure, paired=paired, tip_mm=ideal, sigma_mm=sigma)


def _ideal_height(vertebra: Vertebra, procedure: Procedure) -> float:
    """Height fraction of the tip: nearer to the endplate that is not pressed in.

    "Below a non-fractured endplate if possible" (clinical reference 3.4). The balloon lies in
    the middle.
    """
    if procedure is Procedure.KYPHOPLASTY:
        return 0.5
    superior = _impression_mm(vertebra.superior.surface.height_mm)
    inferior = _impression_mm(-vertebra.inferior.surface.height_mm)
    # 2 mm more than the other endplate: beyond the normal difference in concavity
    lean = np.tanh((superior - inferior) / 2.0)
    return float(0.5 - 0.08 * lean)


def _impression_mm(height_mm: FloatArray) -> float:
    """How deep the centre of an endplate lies under its rim; heights point outward."""
    inside = np.isfinite(height_mm)
    if inside.sum() < 20:
        return 0.0
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    rim = inside & (depth <= max(0.3 * depth.max(), 1.0))
    core = depth >= 0.7 * depth.max()
    rows, columns = (np.arange(n, dtype=np.float64) for n in height_mm.shape)
    u, v = np.meshgrid(rows, columns, indexing="ij")
    basis = np.stack([np.ones(rim.sum()), u[rim], v[rim]], axis=1)
    plane, *_ = np.linalg.lstsq(basis, height_mm[rim], rcond=None)
    expected = plane[0] + plane[1] * u[core] + plane[2] * v[core]
    return float(np.median(expected - height_mm[core]))


def _body_height_mm(shape: BodyShape, depth: float) -> float:
    """Height of the body in its mid-plane at a depth fraction."""
    x, at = np.full(2, shape.middle_x_mm), np.full(2, depth)
    return float(np.ptp(shape.place(x, at, np.array([0.0, 1.0]))[:, 2]))
