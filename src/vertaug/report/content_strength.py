"""Strength before and after cement: main limits first, tables, method, all other limits last."""

from vertaug.case.measurement import VertebraMeasurement
from vertaug.case.mechanics_content import case_stem, strength_file_names
from vertaug.case.strength import StrengthAssessment
from vertaug.case.strength_words import cement_words, gain_words, rises, unusable_words
from vertaug.mechanics.comparison_words import (
    AFTER_BALLOONS,
    CEMENT_UPPER,
    NO_SAFE_LOAD,
    NOT_COMPARED,
)
from vertaug.report import words
from vertaug.report.cement_contact import contact_note
from vertaug.report.content import ReportPart, Table, TextBlock
from vertaug.report.content_disc_load import DISC_TEXT, disc_table
from vertaug.report.content_load_share import share_table
from vertaug.report.content_measures import measures_table
from vertaug.report.content_strength_table import states_table, strength_heading

PICTURES = ("strength_curve", "map_plastic_strain", "map_strain_energy")
"""Pictures that stand under the heading of the strength."""
KYPHOPLASTY_PICTURES = tuple(f"kyphoplasty_{name}" for name in PICTURES)
"""The same of the strength after a kyphoplasty."""
_ALWAYS = (AFTER_BALLOONS, CEMENT_UPPER, NO_SAFE_LOAD, NOT_COMPARED)
"""Limits of every model, or of every one with cement, that stand first after one of this case."""
SOURCES = (
    (
        "Crawford RP, Cann CE, Keaveny TM. Finite element models predict in vitro vertebral body "
        "compressive strength better than quantitative computed tomography. Bone 2003;33:744-750."
    ),
    (
        "Kopperdahl DL, Morgan EF, Keaveny TM. Quantitative computed tomography estimates of the "
        "mechanical properties of human vertebral trabecular bone. J Orthop Res 2002;20:801-805."
    ),
)
"""Of every strength."""
CEMENT_SOURCES = (
    (
        "Kinzl M, Boger A, Zysset PK, Pahr DH. The effects of bone and pore volume fraction on the "
        "mechanical properties of PMMA/bone biopsies extracted from augmented vertebrae. "
        "J Biomech 2011;44:2732-2736."
    ),
)
"""Of a strength with cement."""


def strength_part(
    found: StrengthAssessment,
    measured: VertebraMeasurement | None = None,
    kyphoplasty: StrengthAssessment | None = None,
) -> ReportPart:
    """Return everything under the heading of the strength.

    Parameters
    ----------
    found : StrengthAssessment
    measured : VertebraMeasurement, optional
        Of the same level, for its density on the first page.
    kyphoplasty : StrengthAssessment, optional
        Of the same level with the cement of a kyphoplasty, for the list of files.
    """
    limits, *rest = strength_text(found, kyphoplasty)
    return ReportPart(
        title=f"Strength, {found.level}",
        limits=limits,
        tables=strength_tables(found),
        pictures=PICTURES,
        text=tuple(rest),
        appendix=appendix_tables(found, measured),
    )


def after_balloons_part(found: StrengthAssessment) -> ReportPart:
    """Return what stands under the heading of the strength after a kyphoplasty.

    Simpler measures, definitions and files stand with the strength of the level.

    Parameters
    ----------
    found : StrengthAssessment
        With the cement of the kyphoplasty.
    """
    main, other = _divide_limits(found)
    shares = share_table(found)
    return ReportPart(
        title=f"Strength after kyphoplasty, {found.level}",
        limits=TextBlock(title="Strength after kyphoplasty: main limits", paragraphs=main),
        tables=strength_tables(found),
        pictures=KYPHOPLASTY_PICTURES,
        text=(
            TextBlock(title="Strength after kyphoplasty: method", paragraphs=found.method),
            *(
                (TextBlock(title="Strength after kyphoplasty: further limits", paragraphs=other),)
                if other
                else ()
            ),
        ),
        appendix=() if shares is None else (shares,),
    )


def first_page_words(found: StrengthAssessment) -> str:
    """Return the line of the first page that points to the strength."""
    with_cement = "" if found.after is None else f" and {cement_words(found)}"
    gain = (
        f": {gain_words(found)}, an upper estimate between stiff plates"
        if gain_words(found)
        else ""
    )
    if gain and rises(found):
        gain += " (a curve still rises at 1.9 % strain: no failure there)"
    unusable = unusable_words(found)
    # said once, with the strength of the level
    warning = f" {words.sentence(unusable)}" if unusable and not found.after_balloons else ""
    return (
        f"Strength of {found.level} in a model, as it is{with_cement}{gain}; these numbers are no "
        f"safe loads: see {strength_heading(found)}, {found.level}.{warning}"
    )


def strength_sources(found: StrengthAssessment | None) -> tuple[str, ...]:
    """Return the sources of a strength, without numbers; none where it was not computed."""
    if found is None:
        return ()
    return (*SOURCES, *(CEMENT_SOURCES if found.after is not None else ()))


def strength_tables(found: StrengthAssessment) -> tuple[Table, ...]:
    """Return the tables before and after, and of the discs."""
    discs = disc_table(found)
    return states_table(found), *(() if discs is None else (discs,))


def appendix_tables(
    found: StrengthAssessment, measured: VertebraMeasurement | None = None
) -> tuple[Table, ...]:
    """Return the tables of simpler measures and of shares of the load."""
    shares = share_table(found)
    return measures_table(found, measured), *(() if shares is None else (shares,))


def strength_text(
    found: StrengthAssessment, kyphoplasty: StrengthAssessment | None = None
) -> tuple[TextBlock, ...]:
    """Return the main limits, method with definitions, files, and all other limits."""
    definitions = tuple(
        f"{load.name}: {load.formula} ({load.source})." for load in found.before.failure_loads
    )
    main, other = _divide_limits(found)
    blocks = (
        TextBlock(title="Strength: main limits", paragraphs=main),
        TextBlock(
            title="Strength: method",
            paragraphs=(
                *found.method,
                *((DISC_TEXT,) if disc_table(found) is not None else ()),
                "Definitions of the failure load. " + " ".join(definitions),
            ),
        ),
        _files_text(found, kyphoplasty),
    )
    if not other:
        return blocks
    return *blocks, TextBlock(title="Strength: further limits", paragraphs=other)


def _divide_limits(found: StrengthAssessment) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the limits that come first, those of this case before those of every model."""
    contact = contact_note(found)
    notes = list(dict.fromkeys((*found.notes, *((contact,) if contact else ()))))
    always = [note for note in _ALWAYS if note in notes]
    own = [note for note in notes if note not in always]
    # a pillar of cement from cap to cap bears what no bone beside it would pass on
    main = list(dict.fromkeys([*own[:1], *((contact,) if contact else ()), *always]))
    other = [note for note in own if note not in main]
    return tuple(map(words.sentence, main)), tuple(map(words.sentence, other))


def _files_text(found: StrengthAssessment, kyphoplasty: StrengthAssessment | None) -> TextBlock:
    names = strength_file_names(found, case_stem(found), kyphoplasty)
    return TextBlock(
        title="Strength: files",
        paragraphs=(
            (
                f"{', '.join(names)}. Nodes in LPS mm, as the CT and the STL. VTU for ParaView and "
                "3D Slicer: density, modulus, strain energy, plastic strain, share of cement, "
                "displacement. INP for CalculiX and Abaqus: the same voxels, compression by 0.2 mm."
            ),
        ),
    )
