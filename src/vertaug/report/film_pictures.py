"""Radiographs laid out on pages."""

from vertaug.case.spine import Spine
from vertaug.fluoroscopy.exposure import two_figures
from vertaug.fluoroscopy.patient import say_wide_voxels
from vertaug.report import words
from vertaug.report.figure_radiograph import Overlay, add_radiograph
from vertaug.report.film_words import left_of_image, say_blades, say_sides, say_wedge, seen_from
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.radiographs import VIEW_NAMES, Films, NeedleFilm

_GAP_MM, _HEAD_MM, _FOOT_MM = 2.0, 4.8, 2.6
_STEPS_BESIDE, _STEP_HEIGHT = 3, 0.75
_LONGEST_TITLE = 56


def draw_films(films: Films, spine: Spine, level: str) -> list[Picture]:
    """Draw the working views, and the steps of each needle."""
    pictures = [_views_picture(films, spine, level)] if films.views else []
    return [*pictures, *(_needle_picture(film, spine, level) for film in films.needles)]


def _views_picture(films: Films, spine: Spine, level: str) -> Picture:
    """Draw the working views, two beside each other."""
    from vertaug.report import canvas

    side = (PAGE_WIDTH_MM - _GAP_MM) / 2
    rows = (len(films.views) + 1) // 2
    height = rows * (side + _HEAD_MM) + _FOOT_MM
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    for n, (name, image) in enumerate(films.views):
        bottom = height - (n // 2 + 1) * (side + _HEAD_MM)
        rect = (
            (n % 2) * (side + _GAP_MM) / PAGE_WIDTH_MM,
            bottom / height,
            side / PAGE_WIDTH_MM,
            side / height,
        )
        looked_along = name.removeprefix("barrel_")
        rings = ((level, looked_along),) if looked_along != name else ()
        # posture stands in the caption: two long titles do not fit beside each other
        title = f"{VIEW_NAMES.get(name, name)}: receptor {image.carm.receptor_place}"
        if len(title) > _LONGEST_TITLE:
            title = title.replace("receptor ", "")
        walls = (level,) if name == "lateral" else ()
        overlay = Overlay(title=title, levels=tuple(spine.vertebrae), rings=rings, walls=walls)
        add_radiograph(figure, rect, image, spine, overlay)
    return Picture(
        name="fluoroscopy",
        caption=_views_caption(films, spine, level),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )


def _views_caption(films: Films, spine: Spine, level: str) -> str:
    """Say how the images were taken, once where they agree."""
    first = films.views[0][1]
    carm = first.carm
    spent = "; ".join(
        f"{VIEW_NAMES.get(name, name)} {image.beam.tube_voltage_kv:.0f} kV, "
        f"{two_figures(image.exposure.reference_kerma_ugy)} µGy"
        for name, image in films.views
    )
    ring = (
        " Down a needle: outline of the pedicle's narrowest section; the needle is the black disc "
        "inside it."
        if any(name.startswith("barrel") for name, _ in films.views)
        else ""
    )
    blades = say_blades(image for _, image in films.views)
    around = (
        " The CT is narrower than the trunk: around it the body is completed as water, which dose "
        f"and contrast depend on. {blades}".rstrip()
        if first.completed
        else ""
    )
    wedge = say_wedge(spine[level], (name for name, _ in films.views))
    wedge = f" {wedge}" if wedge else ""
    size = " x ".join(f"{side / 10:.0f}" for side in carm.detector_mm)
    return (
        f"Virtual fluoroscopy of {level}, computed from the CT{_say_needles(films)}. "
        f"Patient {carm.posture.value}. Titles: where the receptor stands; above, the tube is "
        f"under the table. Seen from the receptor, head up{_say_sides_of(films)}; letters: sides "
        "of the patient. "
        f"{words.sentence(carm.title)[:-1]}, field {size} cm, source to detector "
        f"{carm.source_detector_mm:.0f} mm, to isocentre {carm.source_isocentre_mm:.0f} mm; "
        f"bar: 2 cm at the isocentre. Dashed, from the labels: on the lateral the posterior "
        f"wall.{ring}{wedge}{_say_blurred(spine)} Automatic exposure (reference "
        f"air kerma a frame): {spent}. Without scattered radiation, so contrast is higher than "
        f"in practice.{around}"
    )


def _say_sides_of(films: Films) -> str:
    """Say what lies on the left of the AP view, which differs from the sections."""
    ap = next((image for name, image in films.views if name == "ap"), None)
    if ap is None:
        return ""
    return f", the AP {seen_from(ap.carm)}: {left_of_image(ap.carm)}, on sections the right"


def _say_needles(films: Films) -> str:
    """Say which needles are drawn, to go on after a word; down a needle that one alone."""
    names = [name for name, _ in films.views]
    drawn = say_sides(films.sides)
    if len(films.sides) < 2:
        return f", with {drawn} of the best plan, its only one" if drawn else ""
    behind = ", on the lateral one behind the other" if "lateral" in names else ""
    barrel = any(name.startswith("barrel_") for name in names)
    alone = "; down a needle only that one is drawn" if barrel else ""
    return f", with {drawn} of the best plan{behind}{alone}"


def _needle_picture(film: NeedleFilm, spine: Spine, level: str) -> Picture:
    """Draw a needle's steps, three beside each other, AP over lateral."""
    from vertaug.report import canvas

    wide = (PAGE_WIDTH_MM - _GAP_MM * (_STEPS_BESIDE - 1)) / _STEPS_BESIDE
    tall = wide * _STEP_HEIGHT
    blocks = -(-len(film.steps) // _STEPS_BESIDE)
    height = 2 * blocks * (tall + _HEAD_MM) + _FOOT_MM
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    for n, step in enumerate(film.steps):
        left = (n % _STEPS_BESIDE) * (wide + _GAP_MM) / PAGE_WIDTH_MM
        for row, image in enumerate((film.ap[n], film.lateral[n])):
            below = (2 * (n // _STEPS_BESIDE) + row + 1) * (tall + _HEAD_MM)
            rect = (left, (height - below) / height, wide / PAGE_WIDTH_MM, tall / height)
            overlay = (
                Overlay(
                    title=f"{n + 1} AP: {step.name}, {step.depth_mm:.0f} mm",
                    rings=((level, film.path.side),),
                )
                if row == 0
                else Overlay(title=f"{n + 1} lateral", walls=(level,))
            )
            add_radiograph(figure, rect, image, spine, overlay)
    return Picture(
        name=f"needle_steps_{film.path.side}",
        caption=_steps_caption(film, spine),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )


def _say_blurred(spine: Spine) -> str:
    """Say where lines are sharper than the bone that the CT shows."""
    said = say_wide_voxels(spine.scan.grid)
    return f" {said} Lines are from the labels, sharper than the bone seen." if said else ""


def _steps_caption(film: NeedleFilm, spine: Spine) -> str:
    half_voxel = float(spine.scan.grid.spacing_mm.max()) / 2
    return (
        f"The {film.path.side} needle step by step, drawn alone; depth of the tip from bone "
        "entry. Dashed, from the labels: the pedicle's narrowest section on AP, the posterior wall "
        "on lateral; known "
        f"to about {max(half_voxel, 0.5):.1f} mm.{_say_blurred(spine)} At bone entry the tip "
        "may seem to lie behind the bone on lateral: it stands on the edge of the facet or the "
        "transverse process, which is too thin to be seen there. Posterior wall "
        f"before medial border: {film.rule.sentence}."
    )
