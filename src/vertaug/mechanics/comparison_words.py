"""Method and limits of a computed strength, in sentences."""

from vertaug.case.strength import StrengthAssessment, StrengthState
from vertaug.mechanics.bone_material import BoneMaterial, DensityMapping
from vertaug.mechanics.cement_bone import CementBone, MixtureRule
from vertaug.mechanics.model import POISSON, VertebraModel

_RULES = {
    MixtureRule.SWITCHED_OFF: "bone inside cement carries nothing (Kinzl 2011)",
    MixtureRule.PARALLEL: "bone and cement side by side (Voigt, the upper bound)",
    MixtureRule.SERIES: "bone and cement one upon the other (Reuss, the lower bound)",
}
_RISING = 0.1
"""Slope at the end of a curve, relative to the elastic one, that is told; a design default."""
_SPREAD, _BRIDGING = 1.2, 0.3
"""Spread of gains between definitions, and share of the load in every layer by which cement counts
as reaching from endplate to endplate, that are told; design defaults."""
_SURFACES = {"tresca": "Tresca", "mises": "von Mises"}


def describe_method(
    model: VertebraModel,
    material: BoneMaterial,
    surface: str | None,
    cement: CementBone | None,
    tips: int,
) -> tuple[str, ...]:
    """Return how the strength was computed, in sentences with sources.

    Parameters
    ----------
    surface : str or None
        Name of the yield surface; None for a linear computation.
    cement : CementBone or None
        None without cement.
    tips : int
        From how many points it spreads.
    """
    spacing = " x ".join(f"{s:.2f}" for s in model.grid.spacing_mm)
    kind = "transversely isotropic (Crawford 2003)" if model.anisotropic else "isotropic"
    mapping = "" if material.mapping is DensityMapping.EXACT else f", {material.mapping.value} bins"
    sentences = [
        (
            f"Finite elements: one eight-node brick for each voxel of {spacing} mm, "
            f"{int(model.filled.sum())} in all, between caps of PMMA ({material.cap_mpa:g} MPa) "
            "with sliding platens; body without posterior elements where it is made from the "
            "anatomy (Crawford, Ogo; physics reference 2.1)."
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
        places = "one ellipsoid" if tips == 1 else f"{tips} ellipsoids of equal volume"
        sentences.append(
            f"Cement: {places} about the needle tips or the middle of the body, in the marrow "
            f"space; {cement.cement_mpa:g} MPa, {cement.cement_strength_mpa:g} MPa strong; "
            f"{_RULES[cement.rule]}."
        )
    return tuple(sentences)


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
        (
            "Loads of different definitions differ by tens of per cent: compare only those of the "
            "same name. Against tests of 81 cadaver vertebrae finite elements had R2 0.80 and an "
            "error of 0.67 kN, minimum axial rigidity 0.81 and 0.65 kN (Buckley 2007): the "
            "simpler measure is no worse."
        ),
        (
            "A fractured vertebra is computed as it was scanned: broken trabeculae that still "
            "touch count as whole, so the strength before is an upper estimate."
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
        limits.append(
            "The cement is a shape, not a simulated injection: real cement follows cracks and "
            "clefts. The mixture rules are upper estimates (Zhao 2012), and the bond is perfect."
        )
    if not levels:
        limits.append("Caps reach into every layer: shares of the load are not given.")
    return tuple(limits)


def list_findings(found: StrengthAssessment) -> tuple[str, ...]:
    """Return what in these results a reader could misread."""
    notes = []
    states = (("as it is", found.before), ("with cement", found.after))
    for words, state in states:
        slope = None if state is None else _end_slope(state)
        if slope is not None and slope > _RISING:
            notes.append(
                f"The curve {words} still rises at its end, with {100 * slope:.0f} % of the "
                "elastic stiffness: the force at 1.9 % is no maximum there and depends on the "
                "strain chosen."
            )
    ratios = found.load_ratios
    if ratios and max(ratios.values()) > _SPREAD * min(ratios.values()):
        low, high = min(ratios, key=ratios.__getitem__), max(ratios, key=ratios.__getitem__)
        notes.append(
            f"The gain by cement depends on the definition: {ratios[low]:.2f} times by {low}, "
            f"{ratios[high]:.2f} times by {high}."
        )
    if found.after is not None and found.after.levels:
        shares = [level.cement for level in found.after.levels]
        if min(shares) > _BRIDGING:
            notes.append(
                "The cement reaches the outermost layers of bone at both endplates and carries "
                f"{100 * min(shares):.0f} to {100 * max(shares):.0f} % of the load in every layer: "
                "gains are large only then (Chevalier 2008; uncertain)."
            )
    return tuple(notes)


def _end_slope(state: StrengthState) -> float | None:
    """Return the slope of the last step of a curve as a share of the elastic stiffness."""
    curve = state.curve
    if curve is None or curve.force_n.size < 2:
        return None
    step = (curve.force_n[-1] - curve.force_n[-2]) / (
        curve.displacement_mm[-1] - curve.displacement_mm[-2]
    )
    return float(step) / state.stiffness_n_per_mm
