"""A leaflet as plain data for the templates of its page and its PDF."""

from typing import Any

from vertaug.recovery.leaflet.leaflet import BlockKind, Leaflet, LeafletBlock, LeafletItem
from vertaug.report.leaflet_drawing import draw_chance
from vertaug.report.leaflet_picture import LeafletPictures

Files = dict[str, bytes]
"""Pictures by file name."""


def page_data(leaflet: Leaflet, pictures: LeafletPictures, *, large: bool) -> dict[str, Any]:
    """Return what the templates set; pictures are named by file, see `page_files`."""
    sections = []
    for section in leaflet.sections:
        blocks = [_block(leaflet, pictures, block) for block in section.blocks]
        kept = [block for block in blocks if block is not None]
        sections.append({"key": section.key, "heading": section.heading, "blocks": kept})
    return {
        "language": leaflet.words.language,
        "large": large,
        "title": leaflet.title,
        "subtitle": leaflet.subtitle,
        "page": dict(leaflet.words.groups["page"]),
        "sections": sections,
        "sources": list(leaflet.sources),
        "phone": leaflet.phone,
    }


def page_files(leaflet: Leaflet, pictures: LeafletPictures) -> Files:
    """Return every picture by the file name that `page_data` gives it."""
    panels = (*pictures.before, *pictures.after)
    files = {f"{panel.name}.png": panel.png for panel in panels}
    steps = enumerate(pictures.steps, start=1)
    files |= {f"step-{number}.svg": svg.encode("utf-8") for number, svg in steps}
    counts = {
        item.count
        for section in leaflet.sections
        for block in section.blocks
        for item in block.items
        if item.count is not None
    }
    files |= {_chance_file(count): draw_chance(count).encode("utf-8") for count in counts}
    return files


def _chance_file(count: int) -> str:
    return f"chance-{count}.svg"


def _block(
    leaflet: Leaflet, pictures: LeafletPictures, block: LeafletBlock
) -> dict[str, Any] | None:
    """Return a block; None for a picture that the case cannot give."""
    told: dict[str, Any] = {"kind": block.kind.value, "key": block.key}
    if block.kind is BlockKind.PICTURE:
        panels = pictures.panels(block.key)
        if not panels:
            return None
        told["caption"] = leaflet.caption(block.key)
        told["alt"] = leaflet.picture_alt(block.key)
        told["simulated"] = block.key == "picture_after"
        told["panels"] = [
            {
                "file": f"{panel.name}.png",
                "title": panel.title,
                "width_mm": panel.width_mm,
                "height_mm": panel.height_mm,
                "ends": list(panel.ends),
                "words": [{"y": w.y, "text": w.text, "strong": w.strong} for w in panel.words],
            }
            for panel in panels
        ]
        return told
    told["items"] = [
        _item(leaflet, block, item, number) for number, item in enumerate(block.items, start=1)
    ]
    return told


def _item(leaflet: Leaflet, block: LeafletBlock, item: LeafletItem, number: int) -> dict[str, Any]:
    told: dict[str, Any] = {"name": item.name, "text": item.text, "file": "", "alt": ""}
    if item.count is not None:
        told["file"] = _chance_file(item.count)
        told["alt"] = leaflet.words.word("picture", "chance_alt").format(text=item.text)
    if block.kind is BlockKind.STEPS:
        told["file"] = f"step-{number}.svg"
        told["alt"] = leaflet.words.word("picture", "step_alt").format(text=item.text)
    return told
