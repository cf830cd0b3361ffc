"""From shape and height loss to the numbers that the implicit geometry needs."""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from vertaug.imaging.phantom.specification import HeightLoss
from vertaug.imaging.phantom.vertebra_shape import VertebraShape

# Design values of the outline, shared by all levels.
_WAIST_MM = 3.0
_WAIST_POSTERIOR_MM = 1.2
_POSTERIOR_CONCAVITY_MM = 1.0
_RIM_RADIUS_MM = 2.2
_SUPERIOR_SHARE_OF_CONCAVITY = 0.42
_SUPERIOR_SHARE_OF_MIDDLE_COLLAPSE = 0.7
_SUPERIOR_SHARE_OF_CORNER_COLLAPSE = 0.95
_BUCKLE_MM_PER_LOSS = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Solid:
    """One deformed vertebra as plain numbers (mm, sines and cosines), construction frame.

    ``superior_*`` and ``inferior_*`` are heights z of the endplates at the anterior and
    posterior end of the mid-sagittal section, and the depth of the concavity between them.
    """

    half_width: float
    half_depth: float
    superior_anterior: float
    superior_posterior: float
    superior_concavity: float
    inferior_anterior: float
    inferior_posterior: float
    inferior_concavity: float
    superior_cos: float
    inferior_cos: float
    """Cosine of the inclination of the endplates."""
    waist: float
    waist_posterior: float
    posterior_concavity: float
    rim_radius: float
    buckle: float
    retropulsion: float
    pedicle_x: float
    pedicle_y: float
    pedicle_z: float
    pedicle_half_width: float
    pedicle_half_height: float
    pedicle_sin: float
    pedicle_cos: float
    pedicle_slope_sin: float
    pedicle_slope_cos: float
    canal_half_width: float
    canal_apex: float
    lamina_half_height: float
    lamina_z: float
    superior_facet_x: float
    superior_facet_y: float
    superior_facet_z: float
    inferior_facet_x: float
    inferior_facet_y: float
    inferior_facet_z: float
    transverse_x: float
    transverse_y: float
    transverse_z: float
    spinous_length: float
    spinous_half_height: float
    spinous_sin: float
    spinous_cos: float
    wobble_phase: float
    collapse: float
    """Largest height loss, 0 for an intact body."""
    cleft: float
    """1 where the body holds a gas cleft, else 0."""


SOLID_DTYPE = np.dtype([(f.name, np.float64) for f in fields(Solid)])
"""Type of a row of the solid table."""


def deform(
    shape: VertebraShape, loss: HeightLoss, *, retropulsion_mm: float, cleft: bool, index: int
) -> Solid:
    """Return the numbers of a vertebra that has lost height.

    The corners and the middle of the endplates move so that each height shrinks by its share;
    the collapse is mostly the superior endplate's, as in osteoporotic fractures. The pedicles
    and the arch stay where they were against the posterior wall's middle.
    """
    anterior = shape.height_anterior * (1 - loss.anterior)
    posterior = shape.height_posterior * (1 - loss.posterior)
    middle = shape.height_middle * (1 - loss.middle)
    lost_a = shape.height_anterior - anterior
    lost_p = shape.height_posterior - posterior
    top = _SUPERIOR_SHARE_OF_CORNER_COLLAPSE
    sup_a = shape.height_anterior / 2 - top * lost_a
    sup_p = shape.height_posterior / 2 - top * lost_p
    inf_a, inf_p = sup_a - anterior, sup_p - posterior
    intact_sag = (shape.height_anterior + shape.height_posterior) / 2 - shape.height_middle
    sag = (anterior + posterior) / 2 - middle
    superior = _SUPERIOR_SHARE_OF_CONCAVITY * intact_sag + _SUPERIOR_SHARE_OF_MIDDLE_COLLAPSE * (
        sag - intact_sag
    )
    fractured = loss.largest >= 0.1
    return Solid(
        half_width=shape.body_width / 2,
        half_depth=shape.body_depth / 2,
        superior_anterior=sup_a,
        superior_posterior=sup_p,
        superior_concavity=superior,
        inferior_anterior=inf_a,
        inferior_posterior=inf_p,
        inferior_concavity=sag - superior,
        superior_cos=math.cos(math.atan2(sup_p - sup_a, shape.body_depth)),
        inferior_cos=math.cos(math.atan2(inf_p - inf_a, shape.body_depth)),
        waist=_WAIST_MM,
        waist_posterior=_WAIST_POSTERIOR_MM,
        posterior_concavity=_POSTERIOR_CONCAVITY_MM,
        rim_radius=_RIM_RADIUS_MM,
        buckle=_BUCKLE_MM_PER_LOSS * loss.anterior if fractured else 0.0,
        retropulsion=retropulsion_mm if fractured else 0.0,
        **_posterior_elements(shape, sup_p, inf_p),
        wobble_phase=1.7 * index,
        collapse=loss.largest,
        cleft=1.0 if cleft and fractured else 0.0,
    )


def _posterior_elements(shape: VertebraShape, sup_p: float, inf_p: float) -> dict[str, float]:
    """Pedicles, arch and processes; a crushed posterior wall lowers what stands on it."""
    wall = shape.body_depth / 2
    drop = sup_p - shape.height_posterior / 2
    angle, slope = math.radians(shape.pedicle_angle), math.radians(shape.pedicle_slope)
    spinous = math.radians(shape.spinous_slope)
    sf, inf, tp = shape.superior_facet, shape.inferior_facet, shape.transverse_tip
    return {
        "pedicle_x": (shape.canal_width + shape.pedicle_width) / 2,
        "pedicle_y": wall + 4.0,
        "pedicle_z": shape.pedicle_z + drop,
        "pedicle_half_width": shape.pedicle_width / 2,
        "pedicle_half_height": min(shape.pedicle_height / 2, (sup_p - inf_p) / 2 - 1.5),
        "pedicle_sin": math.sin(angle),
        "pedicle_cos": math.cos(angle),
        "pedicle_slope_sin": math.sin(slope),
        "pedicle_slope_cos": math.cos(slope),
        "canal_half_width": shape.canal_width / 2 + 0.4,
        "canal_apex": wall - _POSTERIOR_CONCAVITY_MM + shape.canal_depth,
        "lamina_half_height": shape.lamina_height / 2,
        "lamina_z": shape.lamina_z + drop,
        "superior_facet_x": sf[0],
        "superior_facet_y": wall + sf[1],
        "superior_facet_z": shape.height_posterior / 2 + sf[2] + drop,
        "inferior_facet_x": inf[0],
        "inferior_facet_y": wall + inf[1],
        "inferior_facet_z": -shape.height_posterior / 2 - inf[2] + drop,
        "transverse_x": tp[0],
        "transverse_y": wall + tp[1],
        "transverse_z": tp[2] + drop,
        "spinous_length": shape.spinous_length,
        "spinous_half_height": shape.spinous_height / 2,
        "spinous_sin": math.sin(spinous),
        "spinous_cos": math.cos(spinous),
    }


def stack_solids(solids: tuple[Solid, ...]) -> NDArray[np.void]:
    """Return the solids as one structured array, shape (n,), for the kernels."""
    rows = [tuple(getattr(s, name) for name in SOLID_DTYPE.names or ()) for s in solids]
    return np.array(rows, dtype=SOLID_DTYPE)
