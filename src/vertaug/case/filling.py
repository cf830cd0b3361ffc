"""How cement fills a vertebra over time: what the injection gives to all later steps."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from vertaug.case.errors import GeometryError
from vertaug.case.grid import FloatArray, Grid, read_only

LEAK_PATHS: tuple[str, ...] = ("B", "S", "C", "D", "canal", "track")
"""Ways out of a vertebra: Yeom's types (basivertebral vein, segmental vein, cortical defect,
disc), a defect of the cortex toward the canal, the needle's track."""
CANAL_PATHS: tuple[str, ...] = ("B", "canal")
"""Those that lead to the canal: the basivertebral vein ends in the epidural veins."""
LEAST_LEAK_MM3 = 10.0
"""Less by a path is a trace, neither counted nor drawn: 0.01 ml, a design default."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FillingFrame:
    """The cement at one time.

    Attributes
    ----------
    time_s : float
        From the start of the injection.
    injected_mm3 : float
    cement_share : (ni, nj, nk) float32 array
        Share of each cell's volume that is cement: its saturation times pore volume by cell
        volume.
    """

    time_s: float
    injected_mm3: float
    cement_share: NDArray[np.float32]

    def __post_init__(self) -> None:
        object.__setattr__(self, "cement_share", read_only(self.cement_share, np.float32))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InjectionCurve:
    """Volumes and pressures over time; the first point is the start, all 0.

    Attributes
    ----------
    time_s, injected_mm3, rate_mm3_per_s : (n,) float64 arrays
    tip_mpa : (n,) float64 array
        Pressure in the bone at the tip in use.
    syringe_mpa : (n,) float64 array
        Tip and cannula together.
    leaked_mm3 : (n, 6) float64 array
        By path, in the order of `LEAK_PATHS`.
    portion : (n,) int64 array
        Which portion is being injected, from 0.
    """

    time_s: FloatArray
    injected_mm3: FloatArray
    rate_mm3_per_s: FloatArray
    tip_mpa: FloatArray
    syringe_mpa: FloatArray
    leaked_mm3: FloatArray
    portion: NDArray[np.int64]

    def __post_init__(self) -> None:
        for name in (f.name for f in fields(self)):
            kind = np.int64 if name == "portion" else np.float64
            object.__setattr__(self, name, read_only(getattr(self, name), kind))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extravasation:
    """Cement that left by one path.

    Attributes
    ----------
    path : str
        One of `LEAK_PATHS`.
    volume_mm3 : float
    first_s, first_injected_mm3 : float
        When it first left, and how much had been injected by then.
    first_lps_mm : (3,) float64 array
        Centre of the cell where it began.
    largest_rate_mm3_per_s : float
    exit_lps_mm, inlet_lps_mm : (3,) float64 array or None
        Where the vein, fissure, gap or track that took most of it opens on the surface of the bone,
        and the centre of the cell from which most went there; None if they are not known.
    exit_share : float
        Of the volume, what left within 3 mm of that place.
    """

    path: str
    volume_mm3: float
    first_s: float
    first_injected_mm3: float
    first_lps_mm: FloatArray
    largest_rate_mm3_per_s: float
    exit_lps_mm: FloatArray | None = None
    inlet_lps_mm: FloatArray | None = None
    exit_share: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "first_lps_mm", read_only(self.first_lps_mm))
        for name in ("exit_lps_mm", "inlet_lps_mm"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read_only(getattr(self, name), np.float64))


@dataclass(frozen=True, slots=True, kw_only=True)
class StopEvent:
    """A stop rule that an operator watching the fluoroscope would have acted on.

    Attributes
    ----------
    rule : str
        Name of the rule, such as ``posterior_quarter``.
    sentence : str
        What was seen, for the report.
    time_s, injected_mm3 : float
    acted_on : bool
        Whether the injection stopped by it; otherwise it is only recorded.
    """

    rule: str
    sentence: str
    time_s: float
    injected_mm3: float
    acted_on: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Filling:
    """One injection into one vertebra.

    Attributes
    ----------
    level, product : str
        The product's title.
    grid : Grid
        Of the fields: axes left, posterior, superior of the vertebra.
    frames : tuple of FillingFrame
        In time order, at about equal volumes; the last one is the end of the injection.
    curve : InjectionCurve
    leaks : tuple of Extravasation
        Paths that took any cement.
    events : tuple of StopEvent
        Stop rules in the order in which they would have been met.
    stop_reason : str
        Why the injection ended, in a sentence: planned volume, a rule, syringe, working time.
    safe_volume_mm3 : float or None
        Injected before the first stop rule was met; None if none was met (then it is more than
        what was injected).
    injected_mm3, in_bone_mm3 : float
        What is in the bone includes what is in its veins and fissures.
    in_body : (ni, nj, nk) bool array
        Cells of the body, without pedicles.
    cell_tip : (ni, nj, nk) uint8 array
        0 without cement, else 1 plus the number of the tip nearest to the cell.
    age_s : (ni, nj, nk) float32 array
        Equivalent age of the cement in each cell at the end, s at the product's reference
        temperature; NaN without cement.
    body_volume_mm3, pore_volume_mm3 : float
        Of the body as measured; of its pores.
    endplate_gap_mm : (2,) float64 array
        From cement (half full cells) to the superior and inferior endplate, 0 is contact.
    left_share : float
        Of the cement in the body that lies left of its middle; 0.5 is even.
    tips_lps_mm : (n, 3) float64 array
    needle_lps_mm : (n, 2, 3) float64 array
        Entry and tip of each needle's axis.
    entered_s : (ni, nj, nk) float32 array or None
        From the start of the injection to when the cement of each cell entered the bone; NaN
        without cement. With the curve's times it tells the portion.
    interdigitated_mm3 : float or None
        Trabeculae that cement has locked into.
    opening_gap_mm : (6,) float64 array or None
        From cement (half full cells) to the nearest opening of each path (vein, fissure, missing
        wall), in the order of `LEAK_PATHS`; NaN where a path has none or there is no cement.
    pore_share : (ni, nj, nk) float32 array or None
        Pore volume by cell volume: cement by it is how full the pores are.
    syringe_limit_mpa : float or None
        Largest pressure that the syringe gives.
    portion_tip : tuple of int
        Needle of each portion, from 0; empty if it is not known.
    method, notes : tuple of str
        How it was computed, and what limits it, in sentences for the report.
    leak_limit : str
        What may be read of the leaks, in a sentence.
    wall_limit : str
        Where the CT shows no wall, and what that may mean, in a sentence; empty where it shows all.
    in_ways_mm3 : float
        Of the cement in the bone, what is in drawn veins, fissures and the needle's track; no frame
        shows it.
    """

    level: str
    product: str
    grid: Grid
    frames: tuple[FillingFrame, ...]
    curve: InjectionCurve
    leaks: tuple[Extravasation, ...]
    events: tuple[StopEvent, ...]
    stop_reason: str
    safe_volume_mm3: float | None
    injected_mm3: float
    in_bone_mm3: float
    in_body: NDArray[np.bool_]
    cell_tip: NDArray[np.uint8]
    age_s: NDArray[np.float32]
    body_volume_mm3: float
    pore_volume_mm3: float
    endplate_gap_mm: FloatArray
    left_share: float
    tips_lps_mm: FloatArray
    needle_lps_mm: FloatArray
    entered_s: NDArray[np.float32] | None = None
    interdigitated_mm3: float | None = None
    opening_gap_mm: FloatArray | None = None
    pore_share: NDArray[np.float32] | None = None
    syringe_limit_mpa: float | None = None
    portion_tip: tuple[int, ...] = ()
    method: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    leak_limit: str = ""
    wall_limit: str = ""
    in_ways_mm3: float = 0.0

    def __post_init__(self) -> None:
        for name in ("entered_s", "pore_share"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, read_only(getattr(self, name), np.float32))
        if self.opening_gap_mm is not None:
            object.__setattr__(self, "opening_gap_mm", read_only(self.opening_gap_mm, np.float64))
        kinds = {"in_body": np.bool_, "cell_tip": np.uint8, "age_s": np.float32}
        for name, kind in kinds.items():
            object.__setattr__(self, name, read_only(getattr(self, name), kind))
        for name in ("endplate_gap_mm", "tips_lps_mm", "needle_lps_mm"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        for values in (self.in_body, self.cell_tip, self.age_s, *self._shares()):
            if values.shape != self.grid.shape:
                message = f"a field has shape {values.shape}, its grid {self.grid.shape}"
                raise GeometryError(message)

    def _shares(self) -> list[NDArray[np.float32]]:
        return [frame.cement_share for frame in self.frames]

    @property
    def cement_share(self) -> NDArray[np.float32]:
        """Cement by cell volume at the end of the injection."""
        return self.frames[-1].cement_share

    def leaked_by_mm3(self, path: str, time_s: float) -> float:
        """Return what had left by one path at a time."""
        leaked = self.curve.leaked_mm3[:, LEAK_PATHS.index(path)]
        return float(np.interp(time_s, self.curve.time_s, leaked))

    @property
    def fill_fraction(self) -> float:
        """Cement in the body by the body's volume."""
        inside = float(self.cement_share[self.in_body].sum(dtype=np.float64))
        return inside * self.grid.voxel_volume_mm3 / self.body_volume_mm3

    def leaked_mm3(self, path: str) -> float:
        """Return what left by one path, or 0."""
        return sum(leak.volume_mm3 for leak in self.leaks if leak.path == path)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FillingSpread:
    """What sampled injections into the same vertebra give; the probabilities are of the model.

    Attributes
    ----------
    seed, samples : int
    leak_probability : (6,) float64 array
        Share of samples in which more than ``least_mm3`` left by each path, in the order of
        `LEAK_PATHS`.
    least_mm3 : float
    leaked_mm3 : (samples, 6) float64 array
    safe_volume_mm3 : (samples,) float64 array
        Injected before the first stop; the whole volume where none was met.
    stopped : (samples,) bool array
        Whether a stop rule was met.
    first_rule : tuple of str
        Of each sample, empty where none was met.
    peak_tip_mpa, peak_syringe_mpa : (samples,) float64 arrays
    fill_fraction : (samples,) float64 array
    drawn : dict of str to (samples,) float64 array
        What was drawn, by name with unit.
    planned_mm3 : float
    failed : tuple of str
        Why samples are missing.
    """

    seed: int
    samples: int
    leak_probability: FloatArray
    least_mm3: float
    leaked_mm3: FloatArray
    safe_volume_mm3: FloatArray
    stopped: NDArray[np.bool_]
    first_rule: tuple[str, ...]
    peak_tip_mpa: FloatArray
    peak_syringe_mpa: FloatArray
    fill_fraction: FloatArray
    drawn: dict[str, FloatArray]
    planned_mm3: float
    failed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = ("leak_probability", "leaked_mm3", "safe_volume_mm3", "peak_tip_mpa")
        for name in (*names, "peak_syringe_mpa", "fill_fraction"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        object.__setattr__(self, "stopped", read_only(self.stopped, np.bool_))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TissueHeat:
    """Heat in one tissue while the cement hardens.

    Attributes
    ----------
    name : str
        ``canal``, ``superior_endplate``, ``inferior_endplate``, ``cement``.
    peak_c : float
    above_45_s, above_50_s : float
        Longest of any cell.
    cem43_min : float
    damage : float
        Arrhenius integral of Henriques; 1 is a burn.
    burnt_share : float
        Of its cells, those with a damage of 1 or more.
    above_45_mm3, above_50_mm3 : float or None
        Volume of its cells that were that hot at any time; None where it was not counted.
    history_c : (n,) float64 array
        Its hottest cell over `HeatResult.times_s`.
    """

    name: str
    peak_c: float
    above_45_s: float
    above_50_s: float
    cem43_min: float
    damage: float
    burnt_share: float
    history_c: FloatArray
    above_45_mm3: float | None = None
    above_50_mm3: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatResult:
    """The hardening of a filling.

    Attributes
    ----------
    times_s : (n,) float64 array
        From the end of the injection.
    degree_mean : (n,) float64 array
        Of cure.
    tissues : tuple of TissueHeat
    set_s : float or None
        From the end of the injection until the cement is set; None if later than was computed.
    method, notes : tuple of str
    """

    times_s: FloatArray
    degree_mean: FloatArray
    tissues: tuple[TissueHeat, ...]
    set_s: float | None
    method: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def tissue(self, name: str) -> TissueHeat | None:
        """Return the heat in a tissue by its name, None where the box holds none of it."""
        return next((tissue for tissue in self.tissues if tissue.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vertebroplasty:
    """All that was simulated of a vertebroplasty; strength after it is kept with the strength.

    Attributes
    ----------
    filling : Filling
    heat : HeatResult or None
    spread : FillingSpread or None
    """

    filling: Filling
    heat: HeatResult | None = None
    spread: FillingSpread | None = None
