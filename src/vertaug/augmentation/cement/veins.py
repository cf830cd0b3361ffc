"""Ways out that CT cannot show: veins and fissures thinner than a voxel, drawn with a seed.

Sizes and counts are not known for the patient, and hardly in the literature: all are uncertain, and
`LeakNetwork.size_factor` is the one number by which they are calibrated together.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from vertaug.augmentation.cement.openings import LeakPath, Wall
from vertaug.augmentation.cement.way_out import Way, tube_mm3
from vertaug.case.errors import InputError
from vertaug.case.grid import FloatArray
from vertaug.case.source_status import SourceStatus

_CALIBRATED = (
    "calibrated, with the mean numbers, on published rates of leaks by path with "
    "4 ml of low-viscosity cement in four fractured phantoms, with the closure; no measured size"
)
_FORAMEN_COUNTS = np.array([0.50, 0.42, 0.08])
"""One, two, three foramina: 45.1, 36.9, 4.4 % of vertebrae (Tzika et al., Surg Radiol Anat
2021;43:889, verified in the abstract), scaled to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeDistribution:
    """Log-normal sizes: ``median * exp(log_sd * normal)`` in mm."""

    median_mm: float
    log_sd: float
    source: str
    status: SourceStatus = SourceStatus.UNCERTAIN

    def __post_init__(self) -> None:
        if not (self.median_mm > 0.0 and 0.0 <= self.log_sd <= 2.0):
            message = (
                "a size needs a median above 0 and a spread of 0 to 2; got "
                f"{self.median_mm:g} mm and {self.log_sd:g}"
            )
            raise InputError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakNetwork:
    """What is drawn where CT shows nothing.

    Attributes
    ----------
    foramen, vein : SizeDistribution
        Diameters of the basivertebral vein and of a segmental vein in its nutrient foramen.
    tributary : SizeDistribution
        Diameter of a vein that runs within the body to the basivertebral foramen.
    fissure : SizeDistribution
        Width of a crack in cortex or endplate.
    veins, tributaries, wall_fissures, endplate_fissures : float
        Mean numbers per vertebra (Poisson). Uncertain.
    vein_length_mm : float
        Of the narrow part of a segmental vein outside the bone, before it joins a wide one.
        Uncertain.
    foramen_length_mm : float
        The same of a basivertebral vein: it opens into the plexus of the canal at once. Uncertain.
    vein_reach_mm : float
        How far a vein runs into the body as an open vessel; 12 to 22 % of the body's depth for the
        basivertebral canal (Tzika 2021), 6 mm of 32 mm.
    tributary_reach : float
        How far a tributary runs forward from the foramen, of the body's depth. The basivertebral
        veins gather near the middle of the body (textbook anatomy, recalled).
    fissure_length_mm : float
        Along the surface. Uncertain.
    widest_mm : float
        No foramen, vein or fissure through cortex is drawn wider: the diameter of 4 mm2, the least
        area of a gap in the CT that counts as an opening (`WallSetting.least_area_mm2`). The same
        for every CT.
    size_factor : float
        On every diameter and width: the calibration parameter.
    """

    foramen: SizeDistribution = field(
        default=SizeDistribution(
            median_mm=1.5,
            log_sd=0.35,
            source="a design value; foramina above "
            "and below 1 mm are counted in Tzika et al., Surg Radiol Anat 2021;43:889",
        )
    )
    vein: SizeDistribution = field(
        default=SizeDistribution(median_mm=1.6, log_sd=0.4, source=_CALIBRATED)
    )
    tributary: SizeDistribution = field(
        default=SizeDistribution(median_mm=2.5, log_sd=0.4, source=_CALIBRATED)
    )
    fissure: SizeDistribution = field(
        default=SizeDistribution(median_mm=0.75, log_sd=0.5, source=_CALIBRATED)
    )
    veins: float = 6.0
    tributaries: float = 3.0
    wall_fissures: float = 6.0
    endplate_fissures: float = 5.0
    vein_length_mm: float = 10.0
    foramen_length_mm: float = 2.0
    vein_reach_mm: float = 6.0
    tributary_reach: float = 0.5
    fissure_length_mm: float = 5.0
    widest_mm: float = 2.25
    size_factor: float = 1.0

    def __post_init__(self) -> None:
        counts = (self.veins, self.tributaries, self.wall_fissures, self.endplate_fissures)
        if min(counts) < 0.0 or max(counts) > 100.0:
            message = f"mean numbers of veins and fissures must lie in 0 to 100; got {counts}"
            raise InputError(message)
        lengths = (
            self.vein_length_mm,
            self.foramen_length_mm,
            self.vein_reach_mm,
            self.fissure_length_mm,
            self.widest_mm,
        )
        if min(lengths) <= 0.0 or self.size_factor < 0.0:
            message = (
                f"lengths of veins and fissures must be above 0 and the factor not below; got "
                f"{lengths} mm and {self.size_factor:g}"
            )
            raise InputError(message)
        if not 0.0 < self.tributary_reach <= 1.0:
            message = (
                "tributaries run over a share of 0 to 1 of the body's depth; got "
                f"{self.tributary_reach:g}"
            )
            raise InputError(message)


def draw_ways(network: LeakNetwork, wall: Wall, rng: np.random.Generator) -> tuple[Way, ...]:
    """Draw the veins and fissures of a vertebra.

    Veins leave beside and in front at mid-height (S), and behind through a basivertebral foramen
    (B), as wide as the CT shows it or else drawn; veins within the body run to the foramen (B);
    fissures leave anywhere through the wall (C, CANAL) and the endplates (D). The draws do not
    depend on the spacing of the wall.

    Parameters
    ----------
    network : LeakNetwork
    wall : Wall
        With the foramen marked, if it is seen.
    rng : numpy Generator
    """
    shares = _FORAMEN_COUNTS / _FORAMEN_COUNTS.sum()
    foramina = 1 + int(rng.choice(len(shares), p=shares))
    counts = rng.poisson([network.veins, network.wall_fissures, network.endplate_fissures])
    draws = [
        _draw_sizes(network, network.widest_mm, kind, n, rng)
        for kind, n in (
            ("foramen", foramina),
            ("vein", counts[0]),
            ("fissure", counts[1] + counts[2]),
        )
    ]
    ways = []
    height = 0.25 * float(np.ptp(wall.points.place_mm[:, 2]))
    spots = rng.uniform(-1.0, 1.0, (foramina, 2))
    seen = _seen_foramen(wall)
    if seen is not None:
        ways.append(_vein(network, *seen, LeakPath.B))
    else:
        for size, (x, z) in zip(draws[0], spots, strict=True):
            face = _facing(wall, (LeakPath.CANAL,), np.array([0.25 * x, 1.0, 0.0]), height * z)
            ways += _vein_at(network, wall, face, size, LeakPath.B)
    spots = rng.uniform(-1.0, 1.0, (counts[0], 3))
    for size, (side, turn, z) in zip(draws[1], spots, strict=True):
        angle = np.radians(25.0 + 45.0 * turn)  # from the side toward the front
        toward = np.array([np.copysign(np.cos(angle), side), -np.sin(angle), 0.0])
        face = _facing(wall, (LeakPath.C,), toward, height * z)
        ways += _vein_at(network, wall, face, size, LeakPath.S)
    directions = rng.standard_normal((counts[1] + counts[2], 3))
    for n, (size, toward) in enumerate(zip(draws[2], directions, strict=True)):
        paths = (LeakPath.C, LeakPath.CANAL) if n < counts[1] else (LeakPath.D,)
        ways += _fissure_at(network, wall, _facing(wall, paths, toward, 0.0), size)
    through_wall = [way for way in ways if way.path is LeakPath.B and way.own_mm3 > 0.0]
    if through_wall:
        main = through_wall[0]
        joined = _draw_tributaries(network, wall, main, rng)
        kept = [way for way in ways if way is not main]
        ways = [*_share_foramen(network, main, joined), *kept]
    return tuple(way for way in ways if way.own_mm3 > 0.0)


def _draw_tributaries(
    network: LeakNetwork, wall: Wall, foramen: Way, rng: np.random.Generator
) -> list[Way]:
    """Draw veins within the body that run to a basivertebral foramen, none wider than it."""
    count = int(rng.poisson(network.tributaries))
    sizes = _draw_sizes(network, foramen.size_mm, "tributary", count, rng)
    turns = rng.uniform(-1.0, 1.0, (count, 2))
    reach = network.tributary_reach * float(np.ptp(wall.points.place_mm[:, 1]))
    mouth, found = foramen.mouth_mm, []
    for size, (side, up) in zip(sizes, turns, strict=True):
        # within 45 degrees of straight forward to the sides and 15 up or down
        toward = np.array([side, -1.0, 0.25 * up])
        found.append(
            Way(
                path=LeakPath.B,
                kind="vein",
                mouth_mm=mouth,
                inner_mm=mouth + reach * toward / np.linalg.norm(toward),
                size_mm=float(size),
                own_mm3=tube_mm3(float(size), network.foramen_length_mm + 0.5 * reach),
                length_mm=reach,
                within=True,
            )
        )
    return found


def _share_foramen(network: LeakNetwork, foramen: Way, tributaries: list[Way]) -> list[Way]:
    """Return the ways through a foramen, each with its share of it.

    Each has as much of the foramen's section as of the conductance of all up to it, which is exact
    where the same pressure drives them.
    """
    ways = [foramen, *(way for way in tributaries if way.own_mm3 > 0.0)]
    narrow = tube_mm3(foramen.size_mm, network.foramen_length_mm)
    own = [1.0 / tube_mm3(way.size_mm, network.foramen_length_mm) for way in ways]
    before = np.array([1.0 / (1.0 / way.own_mm3 - of) for way, of in zip(ways, own, strict=True)])
    shared = before / (1.0 + before.sum() / narrow)
    return [
        replace(way, own_mm3=float(value), foramen_share=float(value / way.own_mm3))
        for way, value in zip(ways, shared, strict=True)
    ]


def _seen_foramen(wall: Wall) -> tuple[FloatArray, float] | None:
    """Return the middle of the foramen that the CT shows, and the diameter of its area."""
    seen = wall.path == LeakPath.B
    if wall.foramen_mm2 <= 0.0:
        return None
    mouth = np.average(wall.points.place_mm[seen], axis=0, weights=wall.area_mm2[seen])
    return mouth, float(np.sqrt(4.0 / np.pi * wall.foramen_mm2))


def _draw_sizes(
    network: LeakNetwork, most_mm: float, kind: str, count: int, rng: np.random.Generator
) -> FloatArray:
    sizes: SizeDistribution = getattr(network, kind)
    drawn = sizes.median_mm * np.exp(sizes.log_sd * rng.standard_normal(count))
    return np.asarray(np.minimum(network.size_factor * drawn, most_mm))


def _facing(
    wall: Wall, paths: tuple[LeakPath, ...], toward: FloatArray, height_mm: float
) -> int | None:
    """Return the face of some paths that is seen in a direction from the middle of the body."""
    chosen = np.flatnonzero(np.isin(wall.path, paths) & (wall.area_mm2 > 0.0))
    if len(chosen) == 0:
        return None
    place = wall.points.place_mm[chosen] - np.array([0.0, 0.0, height_mm])
    length = np.maximum(np.linalg.norm(place, axis=1), 1e-6)
    return int(chosen[np.argmax(place @ toward / length)])


def _vein_at(
    network: LeakNetwork, wall: Wall, face: int | None, size_mm: float, path: LeakPath
) -> list[Way]:
    if face is None:
        return []
    return [_vein(network, wall.points.place_mm[face], size_mm, path)]


def _vein(network: LeakNetwork, mouth: FloatArray, size_mm: float, path: LeakPath) -> Way:
    inward = -mouth / max(float(np.linalg.norm(mouth)), 1e-6)
    beyond = network.foramen_length_mm if path is LeakPath.B else network.vein_length_mm
    length = beyond + 0.5 * network.vein_reach_mm
    return Way(
        path=path,
        kind="vein",
        mouth_mm=mouth,
        inner_mm=mouth + network.vein_reach_mm * inward,
        size_mm=float(size_mm),
        own_mm3=tube_mm3(float(size_mm), length),
        length_mm=network.vein_reach_mm,
    )


def _fissure_at(network: LeakNetwork, wall: Wall, face: int | None, size_mm: float) -> list[Way]:
    if face is None:
        return []
    mouth, outward = wall.points.place_mm[face], wall.points.outward[face]
    along = np.array([-outward[1], outward[0], 0.0]) if abs(outward[2]) < 0.9 else np.eye(3)[0]
    deep = max(float(wall.thickness_mm[face]), 0.1)
    fissure = Way(
        path=LeakPath(int(wall.path[face])),
        kind="fissure",
        mouth_mm=mouth,
        inner_mm=mouth - 0.5 * outward,
        size_mm=float(size_mm),
        own_mm3=float(network.fissure_length_mm * size_mm**3 / (12.0 * deep)),
        length_mm=network.fissure_length_mm,
        slit_mm=0.5 * network.fissure_length_mm * along / np.linalg.norm(along),
    )
    return [fissure]
