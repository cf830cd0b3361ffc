"""Needle paths and landmarks as 3D Slicer markups (``.mrk.json``)."""

import json
from typing import Any

from vertaug.case.grid import FloatArray
from vertaug.case.plan import AccessPlan, NeedlePath
from vertaug.case.spine import Vertebra

MARKUPS_SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/"
    "Schema/markups-schema-v1.0.3.json#"
)
_SAFE_RGB = [0.34, 0.71, 0.91]
_UNSAFE_RGB = [0.84, 0.37, 0.0]
_LANDMARK_RGB = [0.0, 0.62, 0.45]
_POINT_NAMES = (
    ("As", "superior_anterior"),
    ("Ms", "superior_middle"),
    ("Ps", "superior_posterior"),
    ("Ai", "inferior_anterior"),
    ("Mi", "inferior_middle"),
    ("Pi", "inferior_posterior"),
)

Json = dict[str, Any]


def _control_points(points: list[tuple[str, str, FloatArray]]) -> list[Json]:
    """Return label, description and LPS position as control points."""
    return [
        {
            "id": str(number),
            "label": label,
            "description": description,
            "associatedNodeID": "",
            "position": [float(x) for x in position],
            "orientation": [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0],
            "selected": True,
            "locked": False,
            "visibility": True,
            # Older readers do not draw a point in slices without it.
            "positionStatus": "defined",
        }
        for number, (label, description, position) in enumerate(points, start=1)
    ]


def _markup(
    kind: str, name: str, points: list[tuple[str, str, FloatArray]], colour: list[float]
) -> Json:
    """Return one markup of the file."""
    return {
        "type": kind,
        "name": name,
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": True,
        "fixedNumberOfControlPoints": kind == "Line",
        "labelFormat": "%N-%d",
        "lastUsedControlPointNumber": len(points),
        "controlPoints": _control_points(points),
        "measurements": [],
        "display": {
            "visibility": True,
            "opacity": 1.0,
            "color": colour,
            "selectedColor": colour,
            "propertiesLabelVisibility": True,
            "pointLabelsVisibility": kind == "Fiducial",
            "textScale": 3.0,
            "glyphType": "Sphere3D",
            "glyphScale": 1.5,
            "useGlyphScale": True,
            "sliceProjection": True,
        },
    }


def path_markups(name: str, path: NeedlePath) -> list[Json]:
    """Return a needle as a line from bone entry to tip and its points as fiducials.

    The fiducials hold the skin entry where it is known, so that the whole way can be read.
    """
    colour = _SAFE_RGB if path.safe else _UNSAFE_RGB
    state = "bone and canal margins kept" if path.safe else "MARGIN NOT KEPT"
    about = f"{path.needle.gauge} G, {path.needle.outer_diameter_mm:.2f} mm, {state}"
    entry = ("entry", f"bone entry, {about}", path.entry_lps_mm)
    target = ("target", f"tip, {about}", path.target_lps_mm)
    points = [entry, target]
    if path.skin_entry_lps_mm is not None:
        points.insert(0, ("skin", f"skin entry, {about}", path.skin_entry_lps_mm))
    return [
        _markup("Line", name, [entry, target], colour),
        _markup("Fiducial", f"{name} points", points, colour),
    ]


def plan_markups(name: str, plan: AccessPlan) -> list[Json]:
    """Return all needles of a plan."""
    return [m for path in plan.paths for m in path_markups(f"{name} {path.side}", path)]


def landmark_markup(vertebra: Vertebra) -> Json:
    """Return the six points of morphometry and the pedicle centres of a level as fiducials."""
    marks = vertebra.landmarks
    points = [
        (f"{vertebra.level} {short}", name.replace("_", " "), getattr(marks, name))
        for short, name in _POINT_NAMES
    ]
    points += [
        (f"{vertebra.level} {p.side} pedicle", "centre of the isthmus", p.isthmus_lps_mm)
        for p in (vertebra.left_pedicle, vertebra.right_pedicle)
        if p is not None
    ]
    return _markup("Fiducial", f"{vertebra.level} landmarks", points, _LANDMARK_RGB)


def markups_json(markups: list[Json]) -> bytes:
    """Return a ``.mrk.json`` file."""
    document = {"@schema": MARKUPS_SCHEMA, "markups": markups}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
