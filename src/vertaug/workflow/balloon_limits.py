"""What limits the balloons of one case, in sentences for its report."""

from vertaug.augmentation.balloon.dead_weight import UpperEnd, plate_centre_mm
from vertaug.augmentation.balloon.ends import EndOfInflation, WallContact
from vertaug.augmentation.balloon.inflation import InflatedBone
from vertaug.augmentation.balloon.product import Balloon
from vertaug.augmentation.cement.cannula import tube_of_needle
from vertaug.augmentation.kyphoplasty import BalloonChoice, BalloonTreatment
from vertaug.case.instrument import Needle

_WHAT_IS_LEFT_OUT = (
    "Not modelled: softening of crushed bone, lines of a fracture as the CT shows them, cracks of "
    "a stretched cortex, tears of the balloon, muscles and facet joints, and height "
    "lost or fractures after the procedure; the cement moves no bone"
)
_MM3_PER_ML = 1000.0
_OBLIQUE = 0.5
"""A wall is anterolateral where it is half as far to the side as to the front, or the reverse."""


def list_balloon_limits(
    found: BalloonTreatment, chosen: BalloonChoice, force_n: float, needle: Needle
) -> tuple[str, ...]:
    """Return what limits it.

    Parameters
    ----------
    found : BalloonTreatment
    chosen : BalloonChoice
    force_n : float
        Axial force at the end of the inflation.
    needle : Needle
        Through which the balloons come.
    """
    share, inflation = chosen.crushed.strength_share, found.inflation
    held = f"{share.range_text} times" if share.range_text else "a range that is not known"
    notes = [
        *_say_cannula(chosen.balloon, needle),
        (
            f"Heights, pressure and cavity rest on how strong crushed bone is against a balloon: "
            f"{share.value:g} times its uniaxial strength ({held}), fitted to one published end "
            "of inflation of young bone; not validated on patients"
        ),
        _say_ends(found, chosen, force_n),
        f"The fracture: {describe_fracture(found)}",
        _WHAT_IS_LEFT_OUT,
    ]
    if inflation.end is not EndOfInflation.VOLUME:
        volumes = inflation.state.volumes_mm3() / _MM3_PER_ML
        reached = " and ".join(f"{volume:.1f}" for volume in volumes)
        near = ""
        if inflation.end is EndOfInflation.CORTEX:
            near = (
                f" (1 cm² of it within {chosen.within_mm:g} mm of its outer face). The heights "
                "follow that volume, and it hangs on this distance, the voxels and where the "
                "balloons lie"
            )
        notes.append(
            f"The inflation ended at {reached} of the wanted {chosen.volume_ml:g} ml: "
            f"{inflation.end.value}{near}"
        )
    if not inflation.resolved.any():
        notes.append(
            f"No pressure can be read: in voxels of {chosen.spacing_mm:g} mm the balloons stayed "
            "too thin for one"
        )
    if found.breaches:
        walls = ", ".join(dict.fromkeys(breach.wall for breach in found.breaches))
        notes.append(f"A BALLOON HAS LEFT THE BONE ({walls}): its shape out there is not known")
    return (*notes, *found.bone.notes)


def describe_end(found: BalloonTreatment, chosen: BalloonChoice, sides: tuple[str, ...]) -> str:
    """Return in words why an inflation ended; of a cortex which balloon came up to which.

    Parameters
    ----------
    found : BalloonTreatment
    chosen : BalloonChoice
    sides : tuple of str
        Of the balloons.
    """
    if found.inflation.end is not EndOfInflation.CORTEX:
        return str(found.inflation.end.value)
    contact = max(found.contacts, key=lambda one: one.area_mm2)
    which = "the balloon" if len(sides) == 1 else f"the {sides[contact.balloon]} balloon"
    return (
        f"{which} has come up to the {_name_wall(contact)} cortex (1 cm² of it within "
        f"{chosen.within_mm:g} mm of the outer face)"
    )


def _name_wall(contact: WallContact) -> str:
    """Return ``anterior``, ``left lateral``, ``left anterolateral`` or what else it is near."""
    left, back, _ = contact.toward
    side, end = "left" if left > 0.0 else "right", "posterior" if back > 0.0 else "anterior"
    less, more = sorted((abs(left), abs(back)))
    if less > _OBLIQUE * more:
        return f"{side} {end.removesuffix('ior')}olateral"
    return end if abs(back) >= abs(left) else f"{side} lateral"


def describe_fracture(found: BalloonTreatment) -> str:
    """Return in words where bone was taken to be broken."""
    if found.zone is None:
        return (
            "no bone is taken to be broken: the level has lost no height, or is taken as healed "
            "(--fracture-age)"
        )
    plate = "under the superior" if found.zone.superior else "above the inferior"
    return (
        f"taken to be fresh, in a band {plate} endplate up to {found.zone.deepest_mm:.1f} mm "
        "thick, from the height that was lost, and in the cortex along a line around the middle of "
        "it; how old it is the CT does not tell, and a healed one lets heights rise far less"
    )


def _say_cannula(balloon: Balloon, needle: Needle) -> tuple[str, ...]:
    """Return that a balloon passes its cannula only if it folds thinner than it is drawn."""
    folded, bore = balloon.folded_mm.value, tube_of_needle(needle).bore_mm
    if folded <= bore:
        return ()
    note = (
        f"THE BALLOON MAY NOT PASS THE CANNULA of {needle.gauge}G: its bore is {bore:g} mm, the "
        f"folded balloon is drawn {folded:g} mm thick (its range begins at "
        f"{balloon.thinnest_mm:g} mm); a wider --gauge in the plan or a thinner --balloon passes"
    )
    return (note,)


def _say_ends(found: BalloonTreatment, chosen: BalloonChoice, force_n: float) -> str:
    if chosen.upper_end is UpperEnd.WEIGHT:
        return (
            f"The level above rides on its disc with {chosen.preload_n:.0f} N, which stay, and may "
            "rise and tilt without any resistance of muscles and facet joints; "
            f"{_say_ligaments(found.inflation.state)}; the level below does not move"
        )
    return (
        "The outer faces of the discs are held: the axial force on the spine was "
        f"{chosen.preload_n:.0f} N before and {force_n:.0f} N at the end of the inflation; a "
        "spine that yields would let the endplates move farther"
    )


def _say_ligaments(state: InflatedBone) -> str:
    """Return what ligaments bear at full inflation."""
    weight = state.weight
    if weight is None or not weight.ligaments:
        return "no ligament holds it"
    centre = plate_centre_mm(weight, state.grid)[:2]
    held = [(one, one.tension_n(one.rise_mm(state.plate, centre))) for one in weight.ligaments]
    taut = [f"{one.name.replace('_', ' ')} {force:.0f} N" for one, force in held if force >= 0.5]
    slack = max(one.slack_mm for one in weight.ligaments)
    if taut:
        return f"at full inflation its ligaments bear {', '.join(taut)}"
    if slack == 0.0:
        return "its ligaments bear next to nothing at full inflation"
    return f"its ligaments, slack by up to {slack:.0f} mm from the lost height, do not become taut"
