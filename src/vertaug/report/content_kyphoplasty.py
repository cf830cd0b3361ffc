"""A simulated kyphoplasty: what the balloons did, then the cement as in any injection."""

from vertaug.case.balloon_content import balloon_file_names
from vertaug.case.kyphoplasty import BalloonCourse, SimulatedKyphoplasty
from vertaug.case.strength import StrengthAssessment
from vertaug.report import words
from vertaug.report.balloon_words import (
    anterior_words,
    bulge_words,
    contact_words,
    crack_words,
    each_ml,
    end_pressure_words,
    gain_words,
    inflated_words,
    moved_words,
    pressure_words,
    sides_words,
)
from vertaug.report.cavity import cavity_of
from vertaug.report.content import Cell, ReportPart, Table, TextBlock
from vertaug.report.content_balloon_tables import (
    breach_table,
    restoration_table,
    room_table,
    shape_table,
    wall_table,
)
from vertaug.report.content_course import course_table
from vertaug.report.content_injection import AFTER_BALLOON, injection_part
from vertaug.report.content_product import values_table
from vertaug.report.content_strength import after_balloons_part
from vertaug.report.filling_words import end_words, left_bone, sample_words

NEEDLES = ("kyphoplasty_needle_right", "kyphoplasty_needle_left")
PICTURES = ("balloon_sections", "balloon_radiographs", "balloon_solid", "balloon_curves", *NEEDLES)
"""Pictures that stand under the heading of the kyphoplasty."""
NO_BALLOON = "no balloon was put in (0 ml asked for), and the body keeps its shape"
NO_PROMISE = "Of the model: no promise of height in a patient."
_MAIN_LIMITS = 3
"""Notes that hold for every inflation stand first: strength of crushed bone, what is held, what is
not modelled."""
_WARNINGS = ("LEFT THE BONE", "MAY NOT PASS", "not the cleft")
_NO_CRACK = "the model's wall stretches and does not crack"


def kyphoplasty_parts(
    found: SimulatedKyphoplasty,
    strength: StrengthAssessment | None = None,
    plan: tuple[Table, ...] = (),
) -> tuple[ReportPart, ...]:
    """Return what stands under the headings of the kyphoplasty: balloons, cement, strength.

    Parameters
    ----------
    found : SimulatedKyphoplasty
    strength : StrengthAssessment, optional
        With its cement.
    plan : tuple of Table
        Cannulas and margins of its plan, where they do not stand elsewhere.
    """
    cement = injection_part(found.cement, strength, AFTER_BALLOON, cavity_of(found))
    parts = _balloon_part(found, plan), cement
    return parts if strength is None else (*parts, after_balloons_part(strength))


def first_page_words(found: SimulatedKyphoplasty) -> str:
    """Return the line of the first page that says how the kyphoplasty went."""
    cracked = "" if found.balloon is None else crack_words(found.balloon)
    # what leaks past a wall that would be cracked is not told where it may be read alone
    leaks = () if cracked else (left_bone(found.cement.result.filling), sample_words(found.cement))
    parts = [
        *_first_words(found),
        f"cement: {end_words(found.cement)}",
        *(text for text in leaks if text),
    ]
    return (
        f"Simulated kyphoplasty of {found.level}: {'; '.join(parts)}. A model, no promise of "
        f"height and no prediction of leakage: see Kyphoplasty, {found.level}."
    )


def _first_words(found: SimulatedKyphoplasty) -> tuple[str, ...]:
    course = found.balloon
    return (
        (NO_BALLOON,)
        if course is None
        else (
            inflated_words(course),
            anterior_words(course),
            crack_words(course) or f"walls pushed out: {bulge_words(course)}; {_NO_CRACK}",
            *((moved_words(course),) if course.moved_wall else ()),
        )
    )


def _result_words(found: SimulatedKyphoplasty) -> str:
    """Return the result in plain words: balloons, volume, pressure, why it ended, height."""
    course = found.balloon
    if course is None:
        return f"{NO_BALLOON}."
    return f"{inflated_words(course)}. {words.sentence(gain_words(course))}"


def _balloon_part(found: SimulatedKyphoplasty, plan: tuple[Table, ...]) -> ReportPart:
    course, level = found.balloon, found.level
    times = () if found.cement.course is None else (course_table(found.cement.course),)
    if course is None:
        return ReportPart(
            title=f"Kyphoplasty, {level}",
            key=Table(
                title="In short",
                columns=("", ""),
                rows=((Cell(text="balloon", strong=True), Cell(text=NO_BALLOON)),),
            ),
            limits=TextBlock(
                title="Kyphoplasty: main limits",
                paragraphs=("Without a balloon the cement meets the bone of the CT.",),
            ),
            tables=(*plan, *times),
            pictures=NEEDLES,
            text=(),
        )
    main, further = _divide_limits(found, course)
    return ReportPart(
        title=f"Kyphoplasty, {level}",
        key=_key_table(found, course),
        limits=TextBlock(title="Kyphoplasty: main limits", paragraphs=main),
        tables=(
            restoration_table(course),
            shape_table(course),
            wall_table(course),
            *((room_table(course.room),) if course.room else ()),
            breach_table(course, found.cement.result.filling),
            *plan,
            *times,
        ),
        pictures=PICTURES,
        text=(
            *(
                (TextBlock(title="Kyphoplasty: further limits", paragraphs=further),)
                if further
                else ()
            ),
            _method(course),
        ),
        appendix=_inputs(course),
    )


def _key_table(found: SimulatedKyphoplasty, course: BalloonCourse) -> Table:
    setup = course.setup
    rows = [
        (
            "balloons",
            (
                f"{setup.balloon.name} ({setup.balloon.title}), {sides_words(setup.sides)}; "
                f"plan {setup.plan_number}: {setup.plan}"
            ),
        ),
        ("inflated", f"{each_ml(course)} of {setup.wanted_ml:.1f} ml wanted in each"),
        ("pressure at the end", end_pressure_words(course)),
        (
            "greatest pressure that can be read",
            f"{pressure_words(course.peak_mpa)}; the first increments read high",
        ),
        ("why it ended", course.end),
        *((("near the wall at the end", contact_words(course)),) if course.contact_mm2 else ()),
        *((("wall seen to move", moved_words(course)),) if course.moved_wall else ()),
        ("height gained", gain_words(course)),
        ("wedge angle", _angles(course)),
        ("walls pushed out at most", f"{bulge_words(course)}; {_NO_CRACK}"),
        ("cavity left", _cavity(course)),
        ("balloon out of the bone", _breaches(course)),
        ("cement", end_words(found.cement)),
    ]
    return Table(
        title="In short",
        columns=("", ""),
        rows=tuple(
            (Cell(text=name, strong=name in {"inflated", "height gained"}), Cell(text=value))
            for name, value in rows
        ),
        lead=words.sentence(_result_words(found)),
        note=(
            f"{NO_PROMISE} How strong crushed bone is rests on one experiment; a body can lose "
            "height again after the balloon and in the weeks after it, which is not modelled."
        ),
    )


def _angles(course: BalloonCourse) -> str:
    angles = [words.degrees(stage.wedge_angle_deg) for stage in course.stages]
    names = [stage.name for stage in course.stages]
    return ", ".join(f"{angle} {name}" for angle, name in zip(angles, names, strict=True))


def _cavity(course: BalloonCourse) -> str:
    full = words.millilitres(sum(course.reached_ml))
    return f"{words.millilitres(course.cavity_ml)} (the full balloons held {full})"


def _breaches(course: BalloonCourse) -> str:
    if not course.breaches:
        return "nowhere in the model; no proof of a whole wall: the model's wall does not crack"
    walls = dict.fromkeys(breach.wall for breach in course.breaches)
    return f"YES: {', '.join(walls)}"


def _divide_limits(
    found: SimulatedKyphoplasty, course: BalloonCourse
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the limits that come first, warnings before those of every inflation, and the rest."""
    unsafe = () if found.cement.setup.plan_safe else found.cement.notes[:1]
    warned = tuple(note for note in course.notes if any(w in note for w in _WARNINGS))
    usual = tuple(note for note in course.notes if note not in warned)
    cracked = (crack_words(course),) if crack_words(course) else ()
    main = (*warned, *unsafe, *cracked, *usual[:_MAIN_LIMITS])
    further = usual[_MAIN_LIMITS:]
    return tuple(map(words.sentence, main)), tuple(map(words.sentence, further))


def _method(course: BalloonCourse) -> TextBlock:
    setup = course.setup
    return TextBlock(
        title="Kyphoplasty: method",
        paragraphs=(
            (
                f"Balloons lie on the paths of the plan and are inflated together in bone of "
                f"voxels of {setup.spacing_mm:g} mm that is compacted as it yields, under "
                f"{setup.preload_n:g} N along the spine before the inflation, until one limit is "
                "met: the wanted volume, the maker's pressure, or a balloon with 1 cm² of its "
                f"surface within {setup.contact_mm:g} mm of the cortex's outer face; then they are "
                "emptied. The shape is "
                "measured before, at full inflation and after the emptying, in the same way. The "
                "cement fills the cavity and the bone about it; it moves no "
                "bone. Model and what it was held against: docs/balloon.md."
            ),
            f"{' and '.join(balloon_file_names(setup.level))}: the inflation on the monitor.",
        ),
    )


def _inputs(course: BalloonCourse) -> tuple[Table, ...]:
    setup = course.setup
    return (
        values_table(
            f"Balloon: {setup.balloon.title}",
            setup.balloon.values,
            "Every value can be replaced by those of your "
            "balloon (docs/balloon.md). Verified: read in the source; computed: from it; "
            "recalled: from the literature, not read again; uncertain: a working number.",
        ),
        values_table(
            "Crushed bone and ligaments", setup.bone, "Status as in the table of the balloon."
        ),
    )
