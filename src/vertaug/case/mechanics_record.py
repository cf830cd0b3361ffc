"""The keys ``mechanics`` of ``case.json``."""

from vertaug.case.case_part import Coefficient, Figure, Part


class FailureLoadRecord(Part):
    """A failure load by one definition; ``force_n`` is absent with a reason."""

    name: str
    formula: str
    source: str
    force_n: Figure | None
    displacement_mm: Figure | None = None
    reason: str


class CurveRecord(Part):
    """Force over displacement of the superior platen, from the origin.

    ``yielded_share`` is of bone and caps together, ``yielded_bone_share`` of bone alone, as
    ``yielded_share`` of the state.
    """

    displacement_mm: tuple[Figure, ...]
    force_n: tuple[Figure, ...]
    yielded_share: tuple[Figure, ...]
    yielded_bone_share: tuple[Figure, ...] | None = None


class LoadLevelRecord(Part):
    """Shares of the axial force in one layer; ``left`` is 0.5 where it is even."""

    name: str
    shell: Figure
    core: Figure
    cap: Figure
    cement: Figure
    left: Figure


class EndplateRecord(Part):
    """An endplate under 1 kN through half a disc; centres of pressure from the disc's middle."""

    name: str
    central_mpa: Figure
    rim_mpa: Figure
    peak_mpa: Figure
    bulge_mm: Coefficient
    centre_left_mm: Figure
    centre_posterior_mm: Figure


class DiscLoadRecord(Part):
    """The vertebra between two halves of discs, at 1 kN."""

    stiffness_n_per_mm: Figure
    plates: tuple[EndplateRecord, ...]


class StateRecord(Part):
    """A vertebra between platens; ``failure_load_n`` is that of ``failure_load_definition``.

    ``yielded_share`` is of bone at the end of the curve, caps left out.
    """

    stiffness_n_per_mm: Figure
    failure_load_n: Figure
    failure_load_definition: str
    bending_nmm_per_rad: dict[str, Figure]
    failure_loads: tuple[FailureLoadRecord, ...]
    curve: CurveRecord | None
    yielded_share: dict[str, Figure]
    levels: tuple[LoadLevelRecord, ...]
    asymmetry: Figure
    peak_energy_mpa: Coefficient
    disc_load: DiscLoadRecord | None = None


class CompetitorRecord(Part):
    """Simple measures of the vertebra before, densities K2HPO4-equivalent."""

    areal_mg_per_cm2: Figure | None
    integral_mg_per_ml: Figure | None
    trabecular_mg_per_ml: Figure | None
    minimum_rigidity_n: Figure | None
    strength_by_rigidity_n: Figure | None


class SensitivityRecord(Part):
    """The vertebra before with densities one standard uncertainty lower and higher."""

    density_mg_per_ml: Figure
    uncertainty_mg_per_ml: Figure
    stiffness_n_per_mm: tuple[Figure, Figure]
    failure_load_n: tuple[Figure, Figure]
    failure_load_definition: str


class NeighbourRecord(Part):
    """The nearest intact level beside a fractured one, linear only."""

    level: str
    height_mm: Figure
    stiffness_n_per_mm: Figure
    linear_load_n: Figure
    rigidity_load_n: Figure | None


class KyphoplastyStrengthRecord(Part):
    """What goes with ``after_kyphoplasty``; ratios are to the level as it is."""

    cement_ml: Figure | None
    load_ratio: Figure | None
    load_ratios: dict[str, Figure]
    stiffness_ratio: Figure | None
    height_mm: Figure
    voxels: int
    method: tuple[str, ...]
    notes: tuple[str, ...]


class MechanicsRecord(Part):
    """Stiffness and strength of one level; what was not computed is absent.

    ``files`` are the models with their fields, by their place in the folder. ``assumed_cement``:
    the cement is a shape, not an injection. ``intact_neighbour`` is there for a fractured level,
    else ``no_intact_neighbour`` says why not; ``before_not_usable`` says where the level reads
    stronger or stiffer than it. ``cement_ml``, ratios, ``method`` and ``notes`` are of
    ``after_vertebroplasty``, those of ``after_kyphoplasty`` stand in ``kyphoplasty``.
    """

    level: str
    before: StateRecord
    after_vertebroplasty: StateRecord | None
    after_kyphoplasty: StateRecord | None
    cement_ml: Figure | None
    load_ratio: Figure | None
    load_ratios: dict[str, Figure]
    stiffness_ratio: Figure | None
    competitors: CompetitorRecord
    density_sensitivity: SensitivityRecord | None
    height_mm: Figure
    spacing_mm: Figure
    voxels: int
    method: tuple[str, ...]
    notes: tuple[str, ...]
    files: tuple[str, ...] = ()
    assumed_cement: bool = False
    intact_neighbour: NeighbourRecord | None = None
    no_intact_neighbour: str = ""
    before_not_usable: str = ""
    kyphoplasty: KyphoplastyStrengthRecord | None = None
