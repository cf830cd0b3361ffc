"""Method and limits of a computed strength, in sentences."""

from vertaug.case.strength import StrengthAssessment
from vertaug.case.strength_gain import still_rises
from vertaug.case.strength_words import NO_FAILURE
from vertaug.mechanics.bone_material import BoneMaterial, DensityMapping
from vertaug.mechanics.cement_bone import CementBone, MixtureRule
from vertaug.mechanics.model import POISSON, VertebraModel

_RULES = {
    MixtureRule.SWITCHED_OFF: "bone inside cement carries nothing (Kinzl 2011)",
    MixtureRule.PARALLEL: "bone and cement side by side (Voigt, the upper bound)",
    MixtureRule.SERIES: "bone and cement one upon the other (Reuss, the lower bound)",
}
_BRIDGING = 0.3
"""Share of the load in every layer by which cement counts as reaching from endplate to endplate; a
design default."""
NO_SAFE_LOAD = (
    "No safe load is given. The load is axial compression between parallel platens: not "
    "standing, not bending forward with kyphosis; no muscles, and no load on facets and "
    "posterior elements."
)
NOT_COMPARED = (
    "This model has not been compared with tests of vertebrae: its own error is not known "
    "and in no range given here."
)
CEMENT_UPPER = (
    "Strength and stiffness with cement are upper estimates: the bond to the bone is perfect, the "
    "mixture rule is an upper estimate (Zhao 2012), nothing softens, the cement is smoother than "
    "real cement, and the bricks are as coarse as its edge. So the gain is rather too high, unless "
    "the strength as it is is an upper estimate as well; it has no uncertainty here."
)
AFTER_BALLOONS = (
    "After balloons: bone that was crushed about the cavity bears what its density would bear if "
    "it were whole, so that it reads too strong, and stresses that the balloons leave in it are "
    "not in the model. How far bone moved is of the balloons' model, with all its limits; its "
    "density follows that motion."
)
_SURFACES = {"tresca": "Tresca", "mises": "von Mises"}


def describe_method(
    model: VertebraModel,
    material: BoneMaterial,
    surface: str | None,
    cement: CementBone | None,
    places: str,
) -> tuple[str, ...]:
    """Return how the strength was computed, in sentences with sources.

    Parameters
    ----------
    surface : str or None
        Name of the yield surface; None for a linear computation.
    cement : CementBone or None
        None without cement.
    places : str
        Where the cement lies, as part of a sentence.
    """
    sizes = [f"{s:.2g}" for s in model.grid.spacing_mm]
    spacing = sizes[0] if len(set(sizes)) == 1 else " × ".join(sizes)
    voxels = f"{int(model.filled.sum()):,}".replace(",", "\u202f")
    kind = "transversely isotropic (Crawford 2003)" if model.anisotropic else "isotropic"
    mapping = "" if material.mapping is DensityMapping.EXACT else f", {material.mapping.value} bins"
    sentences = [
        (
            f"Finite elements: one eight-node brick for each voxel of {spacing} mm, "
            f"{voxels} in all, between caps of PMMA ({material.cap_mpa:g} MPa) "
            "with sliding platens; body without posterior elements where it is made from the "
            "anatomy (as Crawford 2003 and Ogo)."
        ),
        (
            f"Bone: {kind}, Poisson's ratio {POISSON:g}{mapping}; {material.modulus.formula} "
            f"({material.modulus.source})."
        ),
        (
            "Bending: the superior platen turns by 0.2 degrees about the middle of its face, "
            "forward and to the left; linear, so the other way is the same."
        ),
    ]
    if surface is not None:
        sentences.append(
            f"Crushing: {_SURFACES[surface]}, perfectly plastic, equal in tension and compression, "
            f"small strains, to 1.9 % of the height; {material.strength.formula} "
            f"({material.strength.source})."
        )
    if cement is not None:
        sentences.append(
            f"Cement: {places}, in the marrow space; {cement.cement_mpa:g} MPa, "
            f"{cement.cement_strength_mpa:g} MPa strong; "
            f"{_RULES[cement.rule]}."
        )
    return tuple(sentences)


def describe_ellipsoids(tips: int) -> str:
    """Return where ellipsoids of cement lie, as part of a sentence.

    Parameters
    ----------
    tips : int
        About how many planned needle tips; 0 for the middle of the body.
    """
    if tips == 0:
        return "one ellipsoid about the middle of the body"
    number = "one ellipsoid" if tips == 1 else f"{tips} ellipsoids of equal volume"
    return f"{number} about the planned needle {'tip' if tips == 1 else 'tips'}"


def list_limits(*, linear: bool, cement: bool, levels: bool) -> tuple[str, ...]:
    """Return what a reader must know before a number is used.

    Parameters
    ----------
    linear : bool
        Whether there is no elastic-plastic curve.
    cement : bool
        Whether cement was filled in.
    levels : bool
        Whether a layer without caps is left.
    """
    limits = [
        NO_SAFE_LOAD,
        NOT_COMPARED,
        (
            "Loads of different definitions differ by tens of per cent: compare only those of the "
            "same name."
        ),
    ]
    if linear:
        limits.append(
            "Linear: nothing yields; the load at 0.68 % strain stands for the strength by "
            "correlation."
        )
    else:
        limits.append(
            "Perfect plasticity has no softening: the curve shows no collapse, and the force at "
            "1.9 % is not a measured maximum."
        )
    if cement:
        limits.append(CEMENT_UPPER)
    if not levels:
        limits.append("Caps reach into every layer: shares of the load are not given.")
    return tuple(limits)


def list_findings(found: StrengthAssessment) -> tuple[str, ...]:
    """Return what in these results a reader could misread."""
    notes = []
    states = (("as it is", found.before), ("with cement", found.after))
    for words, state in states:
        slope = None if state is None else state.end_slope
        if slope is not None and still_rises(slope):
            notes.append(
                f"The curve {words} still rises at its end, with {100 * slope:.0f} % of the "
                f"elastic stiffness: its value there is a {NO_FAILURE}, and depends on the "
                "strain chosen."
            )
    if found.after is not None and found.after.levels:
        shares = [level.cement for level in found.after.levels]
        if min(shares) > _BRIDGING:
            notes.append(
                "The cement reaches the outermost layers of bone at both endplates and carries "
                f"{100 * min(shares):.0f} to {100 * max(shares):.0f} % of the load in every layer: "
                "gains are large only then (Chevalier 2008, not checked)."
            )
    return tuple(notes)
