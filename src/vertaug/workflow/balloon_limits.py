"""What limits the balloons of one case, in sentences for its report."""

from vertaug.augmentation.balloon.ends import EndOfInflation
from vertaug.augmentation.kyphoplasty import BalloonChoice, BalloonTreatment

_WHAT_IS_LEFT_OUT = (
    "Not modelled: softening of crushed bone, fracture lines, cracks of a stretched cortex, tears "
    "of the balloon, ligaments and facet joints, movement of the neighbours, and height lost or "
    "fractures after the procedure; the cement moves no bone"
)
_MM3_PER_ML = 1000.0


def list_balloon_limits(
    found: BalloonTreatment, chosen: BalloonChoice, force_n: float
) -> tuple[str, ...]:
    """Return what limits it.

    Parameters
    ----------
    found : BalloonTreatment
    chosen : BalloonChoice
    force_n : float
        Axial force at the end of the inflation.
    """
    share, inflation = chosen.crushed.strength_share, found.inflation
    held = f"{share.range_text} times" if share.range_text else "a range that is not known"
    notes = [
        (
            f"Heights, pressure and cavity rest on how strong crushed bone is against a balloon: "
            f"{share.value:g} times its uniaxial strength ({held}), fitted to one published end "
            "of inflation of young bone; not validated on patients. In the bodies tried heights "
            "rose less than published"
        ),
        (
            "The outer faces of the discs are held: the axial force on the spine was "
            f"{chosen.preload_n:.0f} N before and {force_n:.0f} N at the end of the inflation; a "
            "spine that yields would let the endplates move farther"
        ),
        _WHAT_IS_LEFT_OUT,
    ]
    if inflation.end is not EndOfInflation.VOLUME:
        volumes = inflation.state.volumes_mm3() / _MM3_PER_ML
        reached = " and ".join(f"{volume:.1f}" for volume in volumes)
        near = f" within {chosen.within_mm:g} mm" if inflation.end is EndOfInflation.CORTEX else ""
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
