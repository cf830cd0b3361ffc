"""Radiographs laid out on pages."""

from vertaug.case.spine import Spine
from vertaug.report.figure_radiograph import Overlay, add_radiograph, view_title
from vertaug.report.picture import PAGE_WIDTH_MM, Picture
from vertaug.report.radiographs import VIEW_NAMES, Films, NeedleFilm

_GAP_MM, _HEAD_MM, _FOOT_MM = 2.0, 4.8, 2.6


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
        title = view_title(VIEW_NAMES.get(name, name), image)
        overlay = Overlay(title=title, levels=tuple(spine.vertebrae), rings=rings)
        add_radiograph(figure, rect, image, spine, overlay)
    return Picture(
        name="fluoroscopy",
        caption=_views_caption(films, level),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )


def _views_caption(films: Films, level: str) -> str:
    """Say how the images were taken, once where they agree."""
    first = films.views[0][1]
    carm = first.carm
    spent = "; ".join(
        f"{VIEW_NAMES.get(name, name)} {image.beam.tube_voltage_kv:.0f} kV, "
        f"{image.exposure.reference_kerma_ugy:.2g} µGy"
        for name, image in films.views
    )
    ring = (
        " Dashed: outline of the pedicle's narrowest section; down a needle, the needle is the "
        "black disc inside it."
        if any(name.startswith("barrel") for name, _ in films.views)
        else ""
    )
    return (
        f"Virtual fluoroscopy of {level}, computed from the CT, with the needles of the best plan. "
        f"Patient {carm.posture.value}, tube under the table, receptor above; titles: its tilt "
        "from straight above, or C-arm angles. Seen from the receptor, head up (letters: sides of "
        f"the patient). {carm.title}, source to detector {carm.source_detector_mm:.0f} mm, to "
        f"isocentre {carm.source_isocentre_mm:.0f} mm; "
        f"bar: 2 cm at the isocentre.{ring} Automatic exposure (reference air kerma a frame): "
        f"{spent}. Without scattered radiation; what the CT does not cover is missing."
    )


def _needle_picture(film: NeedleFilm, spine: Spine, level: str) -> Picture:
    """Draw a needle's steps: AP in the upper row, lateral below."""
    from vertaug.report import canvas

    count = len(film.steps)
    side = min((PAGE_WIDTH_MM - _GAP_MM * (count - 1)) / count, 58.0)
    height = 2 * (side + _HEAD_MM) + _FOOT_MM
    figure = canvas.new_figure(PAGE_WIDTH_MM, height)
    for row, (images, name) in enumerate(((film.ap, "AP"), (film.lateral, "lateral"))):
        for n, (step, image) in enumerate(zip(film.steps, images, strict=True)):
            rect = (
                n * (side + _GAP_MM) / PAGE_WIDTH_MM,
                (height - (row + 1) * (side + _HEAD_MM)) / height,
                side / PAGE_WIDTH_MM,
                side / height,
            )
            rings = ((level, film.path.side),) if row == 0 else ()
            title = f"{name}: {step.name}" + (f", {step.depth_mm:.0f} mm" if n else "")
            add_radiograph(figure, rect, image, spine, Overlay(title=title, rings=rings))
    return Picture(
        name=f"needle_steps_{film.path.side}",
        caption=(
            f"The {film.path.side} needle step by step, tip at bone entry, in the pedicle, at the "
            "posterior wall and at the target; depth from bone entry. Dashed: the pedicle's "
            f"narrowest section. Posterior wall before medial border: {film.rule.sentence}."
        ),
        png=canvas.png_bytes(figure),
        width_mm=PAGE_WIDTH_MM,
        height_mm=height,
    )
