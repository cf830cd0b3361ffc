"""The intact vertebrae T10-L4 in numbers: everything about their shape in one place.

Pedicle widths, heights and transverse angles are those of Zindrick 1987 as given in the
physics reference 6.1 (recalled there; the angles of T10 and T11 are missing and interpolated).
All other numbers are design values: typical adult dimensions, chosen so that heights, widths,
canal and discs grow from T10 to L4 as they do in people, and looked at beside real CT.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class VertebraShape:
    """Dimensions of one intact vertebra.

    Lengths in mm, angles in degrees, in the vertebra's construction frame: origin at the body's
    centre, x left, y posterior, z superior. Heights z of the posterior elements count from the
    middle of the body; depths ``y`` count from the posterior wall.

    Attributes
    ----------
    body_width, body_depth : float
        Largest transverse width; mid-sagittal depth at the endplates.
    height_anterior, height_middle, height_posterior : float
        Body heights.
    pedicle_width, pedicle_height, pedicle_angle : float
        Smallest outer width and height, and convergence (positive: medially on its way forward).
    pedicle_slope : float
        Caudal inclination of the pedicle axis on its way forward.
    pedicle_z : float
        Height of the isthmus centre.
    canal_width, canal_depth : float
        Distance between the pedicles; mid-sagittal depth from posterior wall to laminae.
    lamina_height, lamina_z : float
        Extent of the laminae and the height of their middle.
    superior_facet, inferior_facet : tuple of float
        (x, y, z) of the tips of the articular processes; z beyond the endplate.
    transverse_tip : tuple of float
        (x, y, z) of the tip of the transverse process.
    spinous_length, spinous_height, spinous_slope : float
        Length behind the canal, height of the plate, downward slope.
    disc_height, disc_angle : float
        Of the disc above: mean height, and angle (positive: lordotic, taller in front).
    """

    body_width: float
    body_depth: float
    height_anterior: float
    height_middle: float
    height_posterior: float
    pedicle_width: float
    pedicle_height: float
    pedicle_angle: float
    pedicle_slope: float
    pedicle_z: float
    canal_width: float
    canal_depth: float
    lamina_height: float
    lamina_z: float
    superior_facet: tuple[float, float, float]
    inferior_facet: tuple[float, float, float]
    transverse_tip: tuple[float, float, float]
    spinous_length: float
    spinous_height: float
    spinous_slope: float
    disc_height: float
    disc_angle: float


def _shape(
    *,
    body: tuple[float, float, float, float, float],
    pedicle: tuple[float, float, float, float, float],
    arch: tuple[float, float, float, float],
    facets: tuple[tuple[float, float, float], tuple[float, float, float]],
    transverse_tip: tuple[float, float, float],
    spinous: tuple[float, float, float],
    disc: tuple[float, float],
) -> VertebraShape:
    width, depth, anterior, middle, posterior = body
    return VertebraShape(
        body_width=width,
        body_depth=depth,
        height_anterior=anterior,
        height_middle=middle,
        height_posterior=posterior,
        pedicle_width=pedicle[0],
        pedicle_height=pedicle[1],
        pedicle_angle=pedicle[2],
        pedicle_slope=pedicle[3],
        pedicle_z=pedicle[4],
        canal_width=arch[0],
        canal_depth=arch[1],
        lamina_height=arch[2],
        lamina_z=arch[3],
        superior_facet=facets[0],
        inferior_facet=facets[1],
        transverse_tip=transverse_tip,
        spinous_length=spinous[0],
        spinous_height=spinous[1],
        spinous_slope=spinous[2],
        disc_height=disc[0],
        disc_angle=disc[1],
    )


# body: width, depth, anterior, middle, posterior height; pedicle: width, height, angle, slope, z;
# arch: canal width, canal depth, lamina height, lamina z; facets: superior, inferior;
# transverse tip; spinous: length, height, slope; disc above: height, angle.
SHAPES: Mapping[str, VertebraShape] = MappingProxyType(
    {
        "T10": _shape(
            body=(34.0, 29.0, 21.6, 20.4, 22.6),
            pedicle=(6.3, 14.9, 4.0, 8.0, 4.0),
            arch=(17.0, 15.5, 20.0, -2.5),
            facets=((11.5, 10.5, 6.0), (10.5, 17.5, 9.0)),
            transverse_tip=(27.0, 22.0, 4.0),
            spinous=(26.0, 10.0, 38.0),
            disc=(5.5, -1.0),
        ),
        "T11": _shape(
            body=(36.5, 30.0, 22.3, 21.0, 23.6),
            pedicle=(7.8, 17.4, 0.0, 7.0, 3.2),
            arch=(17.5, 15.5, 20.0, -2.5),
            facets=((11.5, 10.5, 6.0), (10.5, 17.5, 10.0)),
            transverse_tip=(22.0, 19.0, 3.0),
            spinous=(24.0, 13.0, 32.0),
            disc=(6.0, -1.0),
        ),
        "T12": _shape(
            body=(39.0, 31.0, 23.6, 22.0, 24.9),
            pedicle=(7.1, 15.8, -4.2, 6.0, 4.2),
            arch=(20.0, 16.5, 20.0, -3.0),
            facets=((12.5, 10.5, 6.5), (9.0, 17.0, 12.5)),
            transverse_tip=(22.5, 15.0, 2.0),
            spinous=(25.0, 17.0, 20.0),
            disc=(6.5, 0.0),
        ),
        "L1": _shape(
            body=(41.0, 32.0, 25.0, 23.2, 26.0),
            pedicle=(8.7, 15.4, 10.9, 4.0, 4.8),
            arch=(22.0, 17.0, 20.0, -3.0),
            facets=((17.0, 11.5, 8.0), (10.0, 17.5, 13.0)),
            transverse_tip=(36.0, 16.0, 2.5),
            spinous=(28.0, 20.0, 12.0),
            disc=(7.5, 1.0),
        ),
        "L2": _shape(
            body=(42.5, 33.0, 26.0, 24.0, 26.4),
            pedicle=(8.9, 15.0, 12.0, 3.0, 5.0),
            arch=(22.5, 16.8, 20.0, -3.5),
            facets=((17.5, 11.5, 8.5), (11.0, 18.0, 13.5)),
            transverse_tip=(40.0, 15.0, 2.5),
            spinous=(30.0, 21.0, 9.0),
            disc=(9.0, 3.5),
        ),
        "L3": _shape(
            body=(44.0, 33.5, 26.6, 24.4, 26.4),
            pedicle=(10.3, 14.9, 14.4, 2.0, 5.0),
            arch=(22.5, 16.5, 20.0, -4.0),
            facets=((18.0, 11.5, 8.5), (12.5, 18.0, 13.5)),
            transverse_tip=(45.0, 14.0, 2.5),
            spinous=(31.0, 22.0, 7.0),
            disc=(10.0, 5.5),
        ),
        "L4": _shape(
            body=(46.0, 34.0, 26.8, 24.6, 25.8),
            pedicle=(12.9, 14.8, 17.7, 1.0, 5.0),
            arch=(23.0, 16.5, 19.0, -4.0),
            facets=((20.5, 11.5, 8.0), (15.0, 18.0, 13.0)),
            transverse_tip=(43.0, 12.0, 3.0),
            spinous=(28.0, 19.0, 6.0),
            disc=(11.0, 8.0),
        ),
    }
)
"""Intact shape of each level."""
