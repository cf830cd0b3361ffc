"""A simulated injection: key figures, pictures, main limits; product and method last."""

from dataclasses import dataclass

from vertaug.case.augmentation_content import filling_file_names
from vertaug.case.filling import Filling
from vertaug.case.plan import Procedure
from vertaug.case.simulation import SimulatedVertebroplasty
from vertaug.case.strength import StrengthAssessment
from vertaug.report import content_filling_heat, words
from vertaug.report.cavity import Cavity, place_words
from vertaug.report.content import Cell, ReportPart, Table, TextBlock
from vertaug.report.content_filling_heat import heat_table, heat_words
from vertaug.report.content_filling_spread import spread_table
from vertaug.report.content_filling_tables import (
    cement_table,
    injected_when,
    leak_table,
    stop_table,
    volume_table,
)
from vertaug.report.content_product import product_table, value_title
from vertaug.report.content_strength_table import before_after_table
from vertaug.report.endplate_contact import contact_words
from vertaug.report.filling_words import end_words, first_stop, left_bone, ml, sample_words

PICTURES = (
    "filling_radiographs",
    "filling_solid",
    "filling_sections",
    "filling_curves",
    "filling_heat",
    "filling_spread",
)
"""Pictures that stand under the heading of an injection."""
TISSUES = content_filling_heat.TISSUES
"""As the pictures name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectionHeading:
    """Under which heading an injection stands.

    Attributes
    ----------
    title : str
        What the headings begin with.
    procedure : Procedure
        Whose files they are.
    pictures : tuple of str
        Names of its pictures.
    animated : bool
        Whether its files have animations.
    """

    title: str
    procedure: Procedure
    pictures: tuple[str, ...]
    animated: bool


VERTEBROPLASTY = InjectionHeading(
    title="Vertebroplasty", procedure=Procedure.VERTEBROPLASTY, pictures=PICTURES, animated=True
)
AFTER_BALLOON = InjectionHeading(
    title="Cement of the kyphoplasty",
    procedure=Procedure.KYPHOPLASTY,
    pictures=tuple(f"{Procedure.KYPHOPLASTY.value}_{name}" for name in PICTURES),
    animated=False,
)


def injection_part(
    found: SimulatedVertebroplasty,
    strength: StrengthAssessment | None = None,
    heading: InjectionHeading = VERTEBROPLASTY,
    cavity: Cavity | None = None,
) -> ReportPart:
    """Return everything under the heading of an injection.

    Parameters
    ----------
    found : SimulatedVertebroplasty
    strength : StrengthAssessment, optional
        With this cement.
    heading : InjectionHeading
    cavity : Cavity, optional
        Into which the cement went.
    """
    result = found.result
    maybe = (
        None if result.spread is None else spread_table(result.spread, found.setup),
        None if result.heat is None else heat_table(result.heat),
        None if strength is None else before_after_table(strength, found.level),
    )
    more = _further_limits(found)
    return ReportPart(
        title=f"{heading.title}, {found.level}",
        key=_key_table(found, cavity),
        limits=TextBlock(title=f"{heading.title}: main limits", paragraphs=_main_limits(found)),
        tables=(
            volume_table(found),
            cement_table(found.setup),
            stop_table(result.filling, found.setup),
            leak_table(result.filling),
            *(table for table in maybe if table is not None),
        ),
        pictures=heading.pictures,
        text=(
            *(
                (TextBlock(title=f"{heading.title}: further limits", paragraphs=more),)
                if more
                else ()
            ),
            _method(found, heading),
            _files(result.filling, heading),
        ),
        appendix=(product_table(found.setup),),
    )


def first_page_words(found: SimulatedVertebroplasty) -> str:
    """Return the line of the first page that says how the vertebroplasty went."""
    filling = found.result.filling
    parts = [end_words(found), left_bone(filling)]
    samples = sample_words(found)
    if samples:
        parts.append(samples)
    cement = f"{found.setup.product.viscosity_class}-viscosity cement {injected_when(found.setup)}"
    return (
        f"Simulated vertebroplasty of {filling.level}, {cement}: {'; '.join(parts)}. A model, no "
        f"prediction of leakage: see Vertebroplasty, {filling.level}."
    )


def _key_table(found: SimulatedVertebroplasty, cavity: Cavity | None) -> Table:
    filling, heat, spread = found.result.filling, found.result.heat, found.result.spread
    rows = [
        (
            "injected",
            (
                f"{ml(filling.injected_mm3)} of {ml(found.setup.planned_mm3)} planned "
                f"({found.setup.volume_source}): "
                f"{filling.stop_reason}"
            ),
        ),
        *(() if cavity is None else (("where it lies", place_words(cavity, filling)),)),
        ("volume at the first stop rule", first_stop(filling)),
        ("cement to the endplates", contact_words(filling)),
        ("in this one injection", left_bone(filling)),
    ]
    samples = sample_words(found)
    if samples and spread is not None:
        rows.append(("leaks", f"{samples}; leak: more than {ml(spread.least_mm3)}"))
    if heat is not None:
        rows.append(("heat beside the cement", heat_words(heat)))
    return Table(
        title="In short",
        columns=("", ""),
        rows=tuple(
            (Cell(text=name, strong=name == "injected"), Cell(text=value)) for name, value in rows
        ),
        note=(
            "Of the model: leaks are no prediction. The volume at the first stop rule is not safe "
            "in itself: leaks too small for a rule begin before it."
        ),
    )


def _main_limits(found: SimulatedVertebroplasty) -> tuple[str, ...]:
    """Return what nobody should miss: an unsafe plan, leaks, unseen walls, the product."""
    filling = found.result.filling
    unsure = found.setup.product.uncertain
    told = [*_plan_limit(found), *_cleft_limit(found), filling.leak_limit, filling.wall_limit]
    if unsure:
        flow = ", its viscosity over time among them" if "viscosity_pa_s" in unsure else ""
        count = "one value" if len(unsure) == 1 else f"{len(unsure)} values"
        told.append(
            f"the cement is no brand: {count} of its table uncertain{flow} (working numbers, "
            "replace them by those of your product)"
        )
    return tuple(_squared(words.sentence(text)) for text in told if text)


def _cleft_limit(found: SimulatedVertebroplasty) -> tuple[str, ...]:
    """Return what is said of a gas cleft: how cement fills it decides its shape."""
    return tuple(note for note in found.notes if "gas cleft" in note)


def _plan_limit(found: SimulatedVertebroplasty) -> tuple[str, ...]:
    """Return the first note where the plan is not safe: that is then what it says."""
    return () if found.setup.plan_safe else found.notes[:1]


def _further_limits(found: SimulatedVertebroplasty) -> tuple[str, ...]:
    heat = found.result.heat
    unsure = found.setup.product.uncertain
    product = f"Uncertain values of the product: {', '.join(value_title(name) for name in unsure)}"
    notes = (
        *found.notes[len(_plan_limit(found)) :],
        *found.result.filling.notes,
        *(() if heat is None else heat.notes),
        *((product,) if unsure else ()),
    )
    every = dict.fromkeys(_squared(words.sentence(note)) for note in notes)
    return tuple(note for note in every if note not in _main_limits(found))


def _squared(text: str) -> str:
    """Return a text with areas and volumes as they are printed."""
    return text.replace(" mm2", " mm²").replace(" mm3", " mm³")


def _method(found: SimulatedVertebroplasty, heading: InjectionHeading) -> TextBlock:
    heat = found.result.heat
    setup = found.setup
    return TextBlock(
        title=f"{heading.title}: method",
        paragraphs=(
            *(_squared(words.sentence(line)) for line in found.result.filling.method),
            *(words.sentence(line) for line in (() if heat is None else heat.method)),
            f"Cells of {setup.spacing_mm:g} mm along the vertebra's axes, seed {setup.seed}.",
        ),
    )


def _files(filling: Filling, heading: InjectionHeading) -> TextBlock:
    names = filling_file_names(filling, images=False, procedure=heading.procedure)
    films = " GIF: the filling on the monitor, leaks as marks." if heading.animated else ""
    return TextBlock(
        title=f"{heading.title}: files",
        paragraphs=(
            (
                f"{names[0]} to {names[len(filling.frames) - 1]}: share of each cell that is "
                f"cement, one file a moment of {filling.level}_frames.csv, LPS mm as the CT. "
                f"{filling.level}_curves.csv: volumes and pressures over time.{films}"
            ),
        ),
    )
