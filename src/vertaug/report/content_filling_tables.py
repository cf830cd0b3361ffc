"""One simulated injection in tables: what was injected, the cement, stop rules, leaks."""

import numpy as np

from vertaug.case.augmentation_content import ML_PER_MIN, opening_gaps
from vertaug.case.filling import LEAK_PATHS, LEAST_LEAK_MM3, Extravasation, Filling, StopEvent
from vertaug.case.simulation import InjectionSetup, SimulatedVertebroplasty
from vertaug.fluoroscopy.exposure import two_figures
from vertaug.report import words
from vertaug.report.content import Cell, Table, cells
from vertaug.report.content_product import listed_viscosity
from vertaug.report.endplate_contact import contact_words
from vertaug.report.filling_words import acted, leak_ml, ml, pressure
from vertaug.report.leak_site import leak_site
from vertaug.report.path_words import YEOM, list_rows


def _in_bone(filling: Filling) -> str:
    volume = ml(filling.in_bone_mm3)
    if filling.in_ways_mm3 < LEAST_LEAK_MM3:
        return volume
    return f"{volume}, {ml(filling.in_ways_mm3)} of it in drawn veins and fissures"


def volume_table(found: SimulatedVertebroplasty) -> Table:
    """Return what was planned and injected, where it lies, and what pressure it took."""
    filling, setup = found.result.filling, found.setup
    inside = filling.fill_fraction
    rows = [
        ("needles", f"plan {setup.plan_number}: {setup.plan}, {setup.gauge} G"),
        ("cement", setup.product.title),
        ("planned", f"{ml(setup.planned_mm3)} ({setup.volume_source}), {_rate(setup)}"),
        ("injected", f"{ml(filling.injected_mm3)}, {filling.stop_reason}"),
        ("in the bone", _in_bone(filling)),
        (
            "cement in the body",
            (
                f"{words.percent(100.0 * inside)} of the body's "
                f"{filling.body_volume_mm3 / 1000.0:.1f} ml, "
                f"{words.percent(100.0 * _pores_filled(filling))} of its pores"
            ),
        ),
        ("cement to the endplates", contact_words(filling)),
        ("right : left", _halves(filling.left_share)),
        ("greatest pressure in the bone, at the tip", pressure(filling.curve.tip_mpa.max())),
        ("greatest pressure in the syringe", _syringe(filling, setup)),
    ]
    return Table(
        title="What was injected",
        columns=("", ""),
        rows=tuple(cells(name, value) for name, value in rows),
        note=(
            "Pressures are above that of the marrow. Contact: the pores of a cell of the body next "
            "to the endplate are at least half full; the model stores moments, so that its begin "
            "lies between two of them."
        ),
    )


def cement_table(setup: InjectionSetup) -> Table:
    """Return age and viscosity of the cement when the injection begins and ends."""
    clock = setup.clock
    if clock is None:
        age = f"{setup.first_age_s / 60.0:.1f}"
        return Table(
            title="Cement in the syringe",
            columns=("", "When the injection begins"),
            rows=(cells("age from mixing (min)", age),),
        )
    first, last = clock.window_s
    return Table(
        title="Cement in the syringe",
        columns=("", "When the injection begins", "When it ends"),
        rows=(
            cells("age from mixing (min)", *(f"{age / 60.0:.1f}" for age in clock.age_s)),
            cells(
                "viscosity in the syringe at that age (Pa s)",
                *(two_figures(value) for value in clock.viscosity_pa_s),
            ),
        ),
        note=(
            f"At {clock.temperature_c:g} °C and a shear rate of {clock.shear_rate_per_s:g} 1/s. "
            f"Working window {first / 60.0:.1f} to {last / 60.0:.1f} min from mixing; the "
            f"injection begins at {clock.age_s[0] / 60.0:.1f} min, {clock.start_reason}."
            f"{_earlier(setup)} In the bone cement warms and thickens faster."
        ),
    )


def _earlier(setup: InjectionSetup) -> str:
    """Say at which other age the product's table and the samples give the viscosity."""
    listed = listed_viscosity(setup.product)
    if listed is None:
        return ""
    viscosity, when = listed
    return (
        f" The product's table gives {viscosity:g} Pa s {when}, and samples draw it there: the "
        "same cement, earlier."
    )


def injected_when(setup: InjectionSetup) -> str:
    """Return at which age and how thick the cement is injected, to go on after its name."""
    clock = setup.clock
    if clock is None:
        return f"injected from {setup.first_age_s / 60.0:.1f} min after mixing"
    first, last = (f"{age / 60.0:.1f}" for age in clock.age_s)
    thin, thick = (two_figures(value) for value in clock.viscosity_pa_s)
    return f"injected {first} to {last} min after mixing at {thin} to {thick} Pa s in the syringe"


def stop_table(filling: Filling, setup: InjectionSetup) -> Table:
    """Return every stop rule with its threshold, and whether it was met."""
    events = {event.rule: event for event in filling.events}
    watched = {rule.rule: rule.condition for rule in setup.rules}
    conditions = watched or dict.fromkeys(events, "")
    rows = [
        (
            Cell(text=rule.replace("_", " "), strong=rule in events),
            *cells(*_met(condition, events.get(rule))),
        )
        for rule, condition in conditions.items()
    ]
    if not rows:
        rows = [cells("none was met", "no", words.MISSING, words.MISSING, "")]
    last = acted(filling)
    after = (
        ""
        if last is None
        else f" Rules that were not met were not met until then, {ml(filling.injected_mm3)}."
    )
    return Table(
        title="Stop rules, as an operator would see them on fluoroscopy",
        columns=("Rule", "Met", "After ml", "After s", "Threshold, and what was seen"),
        rows=tuple(rows),
        note=f"End of the injection: {words.sentence(filling.stop_reason)}{after}",
    )


def leak_table(filling: Filling) -> Table:
    """Return what left by each path, the way to the canal first."""
    leaks = {leak.path: leak for leak in filling.leaks}
    least = ml(LEAST_LEAK_MM3, unit=False)
    rows = []
    for title, paths in list_rows():
        own = [leaks[path] for path in paths if path in leaks]
        volume = sum(leak.volume_mm3 for leak in own)
        rows.append(
            (
                Cell(text=title, strong=volume > LEAST_LEAK_MM3),
                *cells(", ".join(paths), leak_ml(volume), *_first(filling, own)),
                Cell(text=_nearest(filling, paths)),
            )
        )
    return Table(
        title="Leakage by path, of the model",
        columns=(
            "Path (Yeom's type)", "Key", "Volume (ml)", f"{least} ml after ml", "after s",
            "Leaves at, in the body", "Short of a way out by (mm)",
        ),
        rows=tuple(rows),
        note=(
            f"{YEOM} Bold: more than {ml(LEAST_LEAK_MM3)}, which counts as a leak; when: injected "
            "volume and time by which as much had left. Last column: how far the cement stayed, at "
            "the end, from the nearest opening by which it could leave on that path; 0: it got "
            "there. Openings are gaps seen in the CT and veins and fissures of this draw, most of "
            "which the CT does not show; for the needle track it is where the needle enters the "
            "loose bone, behind. Drawn veins to the basivertebral foramen begin at the middle of "
            "the body, and cement in them counts as B at once. What seeps through a closed wall "
            "has no opening. Cement that left by a vein is not followed: embolism of the lungs is "
            "not in the model. Not a prediction: see the limits."
        ),
    )  # fmt: skip


def _met(condition: str, event: StopEvent | None) -> tuple[str, str, str, str]:
    if event is None:
        return "no", words.MISSING, words.MISSING, condition
    return (
        "yes, stopped here" if event.acted_on else "yes, recorded only",
        ml(event.injected_mm3, unit=False),
        f"{event.time_s:.0f}",
        f"{condition}; {event.sentence}" if condition else event.sentence,
    )


def _first(filling: Filling, leaks: list[Extravasation]) -> tuple[str, str, str]:
    """Return when some leaks together had become one, and where the first of them leaves."""
    if not leaks:
        return words.MISSING, words.MISSING, words.MISSING
    first = min(leaks, key=lambda leak: leak.first_s)
    place = first.first_lps_mm if first.exit_lps_mm is None else first.exit_lps_mm
    curve = filling.curve
    left = sum(curve.leaked_mm3[:, LEAK_PATHS.index(leak.path)] for leak in leaks)
    reached = np.flatnonzero(left >= LEAST_LEAK_MM3)
    if reached.size == 0:
        return words.MISSING, words.MISSING, leak_site(filling, place)
    at = reached[0]
    return (
        ml(float(curve.injected_mm3[at]), unit=False),
        f"{curve.time_s[at]:.0f}",
        leak_site(filling, place),
    )


def _nearest(filling: Filling, paths: tuple[str, ...]) -> str:
    gaps = opening_gaps(filling)
    known = [gap for gap in (gaps[path] for path in paths) if gap is not None]
    return f"{min(known):.1f}" if known else "no opening"


def _syringe(filling: Filling, setup: InjectionSetup) -> str:
    most = pressure(filling.curve.syringe_mpa.max())
    if setup.syringe_limit_mpa is None:
        return most
    return f"{most}; limit used {pressure(setup.syringe_limit_mpa)}: {setup.syringe_source}"


def _pores_filled(filling: Filling) -> float:
    inside = filling.fill_fraction * filling.body_volume_mm3
    return inside / filling.pore_volume_mm3


def _halves(left: float) -> str:
    """Return right before left, as the films and the tables of the needles stand."""
    whole = round(100.0 * left)
    return f"{100 - whole} : {whole}"


def _rate(setup: InjectionSetup) -> str:
    stop = "stops by the rules below" if setup.stop_rules else "rules recorded, not acted on"
    return f"{setup.rate_mm3_per_s * ML_PER_MIN:g} ml/min, {stop}"
