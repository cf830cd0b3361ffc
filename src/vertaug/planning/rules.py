"""What a path must keep: required margins and the cone of error."""

from dataclasses import dataclass, fields

from vertaug.case.errors import InputError

ROUNDING_MM = 0.05
"""Margins are given to 0.1 mm; what reads as kept is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRules:
    """Required clearances of the needle's outer surface in mm, and how errors are judged.

    Sources: clinical reference 3.4 (site-editable there). "Design default" marks values that
    no publication fixes.

    Attributes
    ----------
    canal_mm : float
        To the canal over the whole path. 1 mm medial is required (3.4).
    pedicle_mm : float
        To the outer cortex of the pedicle in any direction: 0 is Gertzbein-Robbins A.
    pedicle_medial_mm, pedicle_inferior_mm : float
        To the medial and inferior cortex: 1 mm each (3.4).
    medial_wall_mm : float
        While dorsal to the posterior wall, lateral of the pedicle's medial border (3.4).
    anterior_wall_mm : float
        Tip to the anterior wall: 5 mm (3.4, design default).
    posterior_wall_mm, lateral_wall_mm : float
        Tip part to the posterior and lateral walls (design default).
    endplate_mm : float
        Path inside the body to either endplate (design default).
    facet_mm : float
        To the neighbours' articular processes (design default).
    neighbour_mm : float
        To any other bone of the neighbours (design default).
    root_mm : float
        Extrapedicular routes: entry above the inferior pedicle border, below which the nerve
        root leaves the canal (design default).
    inside_bone_gap_mm : float
        Longest stretch outside bone between bone entry and tip (design default).
    air_mm, foreign_bone_mm : float
        Longest stretch through lung and through bone that no label names, such as a rib
        (design default).
    cone_offset_mm, cone_angle_deg : float
        Half-width of the cone of error: 2 mm, 2 degrees (3.4, design default).
    tip_part_mm : float
        Length of the tip part for the wall margins (design default).
    cannula_inside_mm : tuple of float
        Kyphoplasty: cannula tip this far inside the posterior wall before the balloon, 2-5 mm
        (3.4, recalled).
    cannula_least_mm : float
        Kyphoplasty: thinnest outer diameter that a balloon passes, that of 11G (3.4: 8, 10 or
        11G).
    balloon_lengths_mm : tuple of float
        Balloon sizes (physics reference 5, Medtronic IFU M708348B151E).
    balloon_radius_mm : float
        Room around the axis for the first inflation steps: a 15 mm balloon of this radius holds
        about 0.6 ml, the first one or two steps of 0.25-0.5 ml (clinical reference 3.5; design
        default).
    """

    canal_mm: float = 1.0
    pedicle_mm: float = 0.0
    pedicle_medial_mm: float = 1.0
    pedicle_inferior_mm: float = 1.0
    medial_wall_mm: float = 0.0
    anterior_wall_mm: float = 5.0
    posterior_wall_mm: float = 3.0
    lateral_wall_mm: float = 2.0
    endplate_mm: float = 1.5
    facet_mm: float = 1.0
    neighbour_mm: float = 1.0
    root_mm: float = 0.0
    inside_bone_gap_mm: float = 1.0
    air_mm: float = 2.0
    foreign_bone_mm: float = 5.0
    cone_offset_mm: float = 2.0
    cone_angle_deg: float = 2.0
    tip_part_mm: float = 10.0
    cannula_inside_mm: tuple[float, float] = (2.0, 5.0)
    cannula_least_mm: float = 3.05
    balloon_lengths_mm: tuple[float, ...] = (20.0, 15.0, 10.0)
    balloon_radius_mm: float = 3.5

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            numbers = value if isinstance(value, tuple) else (value,)
            if not numbers or not all(0.0 <= n <= 50.0 for n in numbers):
                message = f"safety rule {item.name} must lie within 0-50; got {value}"
                raise InputError(message)
