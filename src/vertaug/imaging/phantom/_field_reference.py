"""The vertebra as signed functions of a point: NumPy on arrays, compiled by `_field_numba`.

One source serves both: the functions use only arithmetic that means the same for arrays and,
inside a compiled kernel, for scalars. Negative is inside. Values are distances to first order
near the surface. ``s`` is a row of the solid table (`solid.Solid`); lengths in mm in the
vertebra's construction frame (x left, y posterior, z superior).
"""

from typing import Any

import numpy as np
from numba.extending import register_jitable


@register_jitable(error_model="numpy")
def round_max(a: Any, b: Any, radius: Any) -> Any:
    """Intersection with a rounded edge; equals max(a, b) away from the edge."""
    u, v = np.maximum(a + radius, 0.0), np.maximum(b + radius, 0.0)
    return np.minimum(np.maximum(a, b), -radius) + np.sqrt(u * u + v * v)


@register_jitable(error_model="numpy")
def smooth_min(a: Any, b: Any, width: Any) -> Any:
    """Union with a fillet; equals min(a, b) where they differ by more than ``width``."""
    h = np.maximum(width - np.abs(a - b), 0.0)
    return np.minimum(a, b) - 0.25 * h * h / width


@register_jitable(error_model="numpy")
def wave(turns: Any) -> Any:
    """Return a smooth wave in [-1, 1] of period 1, made of parabolas: cheaper than a sine."""
    u = 2.0 * (turns - np.floor(turns)) - 1.0
    return 4.0 * u * (1.0 - np.abs(u))


@register_jitable(error_model="numpy")
def ellipse(u: Any, v: Any, half_u: Any, half_v: Any) -> Any:
    """First-order distance to an ellipse."""
    a, b = 1.0 / half_u, 1.0 / half_v
    p, q = u * a, v * b
    r = np.sqrt(p * p + q * q) + 1e-9
    p, q = p * a, q * b
    return r * (r - 1.0) / (np.sqrt(p * p + q * q) + 1e-9 * a)


@register_jitable(error_model="numpy")
def capsule(x: Any, y: Any, z: Any, ends: Any, radii: Any) -> Any:
    """Distance to a rounded cone from (x0, y0, z0) to (x1, y1, z1)."""
    x0, y0, z0, x1, y1, z1 = ends
    dx, dy, dz = x1 - x0, y1 - y0, z1 - z0
    h = ((x - x0) * dx + (y - y0) * dy + (z - z0) * dz) / (dx * dx + dy * dy + dz * dz)
    h = np.minimum(np.maximum(h, 0.0), 1.0)
    u, v, w = x - x0 - h * dx, y - y0 - h * dy, z - z0 - h * dz
    return np.sqrt(u * u + v * v + w * w) - (radii[0] + (radii[1] - radii[0]) * h)


@register_jitable(error_model="numpy")
def unevenness(x: Any, y: Any, shift: Any, s: Any) -> Any:
    """Shallow hills of an endplate, of height about 1, other ones for each ``shift``."""
    f = s.wobble_phase + shift
    slow = wave(x / 19.0 + f) * wave(y / 17.0 + 0.3 * f)
    return 0.6 * slow + 0.4 * wave(x / 8.9 - y / 31.0 + 0.5 * f) * wave(y / 11.9 + 0.7 * f)


@register_jitable(error_model="numpy")
def plate_height(x: Any, y: Any, ends: Any, skew: Any, s: Any) -> Any:
    """Height z of an endplate: a plane from front to back with a dish between the rims.

    ``ends`` holds z at the anterior end, at the posterior end, and how far the dish lies
    below (superior) or, negative, above (inferior) the plane.
    """
    hollow = 0.5 * s.posterior_concavity
    v = np.minimum(np.maximum((y + hollow) / (s.half_depth - hollow), -1.2), 1.2)
    u = np.minimum(np.abs(x) / s.half_width, 1.0)
    inside = np.maximum(1.0 - v * v, 0.0)
    dish = ends[2] * (1.0 - u * u * u * u) * inside * (1.0 + skew * v)
    dish = dish + (0.16 + 0.9 * s.collapse) * inside * unevenness(x, y, ends[2], s)
    return ends[0] + (ends[1] - ends[0]) * 0.5 * (1.0 + v) - dish


@register_jitable(error_model="numpy")
def superior_height(x: Any, y: Any, s: Any) -> Any:
    """Height z of the superior endplate, without the rounding of its rim."""
    ends = (s.superior_anterior, s.superior_posterior, s.superior_concavity)
    return plate_height(x, y, ends, -0.1, s)


@register_jitable(error_model="numpy")
def inferior_height(x: Any, y: Any, s: Any) -> Any:
    """Height z of the inferior endplate, without the rounding of its rim."""
    ends = (s.inferior_anterior, s.inferior_posterior, -s.inferior_concavity)
    return plate_height(x, y, ends, 0.25, s)


@register_jitable(error_model="numpy")
def between(z: Any, top: Any, bottom: Any) -> Any:
    """Height between two surfaces: -1 on the lower, 1 on the upper, clipped."""
    t = (2.0 * z - top - bottom) / np.maximum(top - bottom, 2.0)
    return np.minimum(np.maximum(t, -1.0), 1.0)


@register_jitable(error_model="numpy")
def relative_height(x: Any, y: Any, z: Any, s: Any) -> Any:
    """Height between the endplates: -1 on the inferior, 1 on the superior, clipped."""
    return between(z, superior_height(x, y, s), inferior_height(x, y, s))


@register_jitable(error_model="numpy")
def bump(value: Any, centre: Any, width: Any) -> Any:
    """Return a smooth hill of height 1 that ends at ``width`` from its centre."""
    q = (value - centre) / width
    hill = np.maximum(1.0 - q * q, 0.0)
    return hill * hill


@register_jitable(error_model="numpy")
def outer_wall(x: Any, y: Any, t: Any, s: Any) -> Any:
    """Distance to the anterior and lateral wall at relative height ``t``."""
    shift = 0.3 * s.half_depth
    front, back = s.half_depth + shift, 1.9 * s.half_depth
    v = y - shift
    d = ellipse(x, v, s.half_width, np.where(v < 0.0, front, back))
    ahead = np.maximum(-v / front, 0.0)
    narrow = 1.0 - t * t
    return d + s.waist * narrow * narrow - s.buckle * bump(t, 0.35, 0.6) * ahead * ahead


@register_jitable(error_model="numpy")
def posterior_wall(x: Any, y: Any, t: Any, s: Any) -> Any:
    """Distance to the posterior wall at relative height ``t``; negative in front of it."""
    u = np.minimum(np.abs(x) / (0.6 * s.half_width), 1.0)
    side, narrow = 1.0 - u * u, 1.0 - t * t
    hollow = s.posterior_concavity * side * side + s.waist_posterior * narrow * narrow
    push = s.retropulsion * bump(t, 0.45, 0.55) * bump(x, 0.0, 11.0)
    return y - (s.half_depth - hollow + push)


@register_jitable(error_model="numpy")
def wall_field(x: Any, y: Any, t: Any, s: Any) -> Any:
    """Distance to the whole outline of the body at relative height ``t``."""
    return round_max(outer_wall(x, y, t, s), posterior_wall(x, y, t, s), 5.0)


@register_jitable(error_model="numpy")
def body_field(x: Any, y: Any, z: Any, s: Any) -> Any:
    """Distance to the vertebral body."""
    upper, lower = superior_height(x, y, s), inferior_height(x, y, s)
    wall = wall_field(x, y, between(z, upper, lower), s)
    top, bottom = (z - upper) * s.superior_cos, (lower - z) * s.inferior_cos
    return round_max(wall, np.maximum(top, bottom), s.rim_radius)


@register_jitable(error_model="numpy")
def pedicle_along(q: Any, y: Any, z: Any, s: Any) -> Any:
    """Coordinates in the pedicle: (behind the isthmus along the axis, across, up)."""
    dx, dy, dz = q - s.pedicle_x, y - s.pedicle_y, z - s.pedicle_z
    back = dx * s.pedicle_sin + dy * s.pedicle_cos
    across = dx * s.pedicle_cos - dy * s.pedicle_sin
    along = back * s.pedicle_slope_cos + dz * s.pedicle_slope_sin
    up = dz * s.pedicle_slope_cos - back * s.pedicle_slope_sin
    return along, across, up


@register_jitable(error_model="numpy")
def pedicle_field(q: Any, y: Any, z: Any, s: Any) -> Any:
    """Distance to the pedicle, narrowest at its isthmus; ``q`` is |x|."""
    along, across, up = pedicle_along(q, y, z, s)
    flare = along * along / 81.0
    half_width = s.pedicle_half_width * (1.0 + 0.3 * flare)
    half_height = s.pedicle_half_height * (1.0 + 0.08 * flare)
    tube = ellipse(across, up, half_width, half_height)
    return round_max(tube, np.abs(along + 2.0) - 11.0, 2.0)


@register_jitable(error_model="numpy")
def canal_tube(x: Any, y: Any, s: Any) -> Any:
    """Distance to the tube of the canal: a rounded triangle, open in front."""
    q = np.sqrt(x * x + 0.6)
    base = s.half_depth + 5.0
    run, fall = s.canal_half_width, s.canal_apex - base + 2.0
    norm = np.sqrt(run * run + fall * fall)
    roof = ((q - 0.775) * fall + (y - s.canal_apex) * run) / norm
    return round_max(q - s.canal_half_width, roof, 4.0)


@register_jitable(error_model="numpy")
def lamina_field(q: Any, y: Any, z: Any, s: Any) -> Any:
    """Distance to the laminae: plates along the roof of the canal, leaning back caudally."""
    base = s.half_depth + 5.0
    run, fall = s.canal_half_width, s.canal_apex - base + 2.0
    norm = np.sqrt(run * run + fall * fall)
    dy = y - s.canal_apex + 0.16 * (z - s.lamina_z)
    across = (q * fall + dy * run) / norm - 2.2
    along = (q * run - dy * fall) / norm - 0.42 * norm
    half = 0.5 * norm
    dz = np.abs(z - s.lamina_z + 0.25 * (along - 2.0)) - s.lamina_half_height + 3.0
    a, b = np.maximum(np.abs(across) - 0.9, 0.0), np.maximum(np.abs(along) - half + 3.0, 0.0)
    c = np.maximum(dz, 0.0)
    return np.sqrt(a * a + b * b + c * c) - 3.0


@register_jitable(error_model="numpy")
def articular_field(q: Any, y: Any, z: Any, s: Any) -> Any:
    """Distance to the superior and inferior articular processes."""
    pillar_y = s.half_depth + 10.5
    up = (
        s.pedicle_x - 0.5,
        pillar_y,
        s.pedicle_z - 3.0,
        s.superior_facet_x,
        s.superior_facet_y,
        s.superior_facet_z - 4.2,
    )
    down = (
        s.pedicle_x - 2.0,
        pillar_y + 2.0,
        s.lamina_z + 1.0,
        s.inferior_facet_x,
        s.inferior_facet_y,
        s.inferior_facet_z + 4.6,
    )
    superior = capsule(q, y, z, up, (4.8, 5.0))
    return smooth_min(superior, capsule(q, y, z, down, (4.4, 5.2)), 2.5)


@register_jitable(error_model="numpy")
def transverse_field(q: Any, y: Any, z: Any, s: Any) -> Any:
    """Distance to the transverse process, flattened from front to back."""
    thick = 1.5
    root_x, root_y = s.pedicle_x + 1.0, s.half_depth + 11.0
    ends = (
        root_x,
        root_y * thick,
        s.pedicle_z - 1.0,
        s.transverse_x - 3.5,
        s.transverse_y * thick,
        s.transverse_z,
    )
    return capsule(q, y * thick, z, ends, (5.2, 3.9)) / thick * 1.15


@register_jitable(error_model="numpy")
def spinous_field(q: Any, y: Any, z: Any, s: Any) -> Any:
    """Distance to the spinous process: a plate in the mid-sagittal plane, thicker behind."""
    dy, dz = y - s.canal_apex, z - s.lamina_z - 1.0
    along = dy * s.spinous_cos - dz * s.spinous_sin - 0.5 * s.spinous_length
    up = dy * s.spinous_sin + dz * s.spinous_cos + 0.06 * along
    share = np.minimum(np.maximum(along / s.spinous_length + 0.5, 0.0), 1.0)
    half_height = s.spinous_half_height * (0.78 + 0.22 * share)
    a = np.maximum(np.abs(along) - 0.5 * s.spinous_length + 4.0, 0.0)
    b = np.maximum(np.abs(up) - half_height + 4.0, 0.0)
    side = np.sqrt(a * a + b * b) - 4.0
    rim = np.maximum(1.0 + side / 5.0, 0.0)
    half_thick = 2.3 + 1.0 * rim * share + 3.0 * np.maximum(0.25 - share, 0.0)
    return round_max(side, q - half_thick, 1.5)


@register_jitable(error_model="numpy")
def wobble(x: Any, y: Any, z: Any, s: Any) -> Any:
    """Small unevenness of the arch, different left and right."""
    f = s.wobble_phase
    return (
        0.5 * wave(x / 15.3 + 0.2 * f) * wave(y / 17.0 + 0.3 * f)
        + 0.5 * wave(z / 14.0 + 0.1 * f) * wave(x / 21.7 - y / 31.4 + 0.2 * f)
        + 0.22 * wave(x / 6.8 + 0.2 * f) * wave(z / 7.4 + y / 20.9)
    )


@register_jitable(error_model="numpy")
def arch_field(x: Any, y: Any, z: Any, s: Any) -> Any:
    """Distance to everything behind the pedicles, outside the canal."""
    q = np.sqrt(x * x + 0.25)
    plates = smooth_min(lamina_field(q, y, z, s), spinous_field(q, y, z, s), 4.0)
    pillar = smooth_min(articular_field(q, y, z, s), transverse_field(q, y, z, s), 4.0)
    solid = smooth_min(plates, pillar, 3.5) + wobble(x, y, z, s)
    return round_max(solid, -canal_tube(x, y, s), 0.6)


@register_jitable(error_model="numpy")
def bone_field(x: Any, y: Any, z: Any, s: Any) -> Any:
    """Distance to the outer surface of the whole vertebra, without regard to neighbours."""
    front = smooth_min(body_field(x, y, z, s), pedicle_field(np.abs(x), y, z, s), 2.5)
    return smooth_min(front, arch_field(x, y, z, s), 2.0)


@register_jitable(error_model="numpy")
def keep_joint_gap(own: Any, other: Any, gap: Any) -> Any:
    """Cut a bone back where a neighbour comes near, so that both keep half the joint gap."""
    return np.maximum(own, 0.5 * (own - other + gap))


@register_jitable(error_model="numpy")
def canal_field(x: Any, y: Any, z: Any, s: Any) -> Any:
    """Distance to the canal between the levels of the body's endplates, bone not yet cut."""
    yb = s.half_depth
    along = np.maximum(z - superior_height(0.0, yb, s), inferior_height(0.0, yb, s) - z)
    rear = np.maximum(canal_tube(x, y, s), along)
    return np.maximum(rear, -posterior_wall(x, y, relative_height(x, y, z, s), s))
