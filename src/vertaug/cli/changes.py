"""What a strength or a simulation changed in a case, beside its own result."""

from typing import TYPE_CHECKING

from vertaug.case.volume_words import millilitres_of, with_cement_of

if TYPE_CHECKING:
    from vertaug.workflow import CaseResult


def list_changes(result: "CaseResult") -> list[str]:
    """Return what the older case had and this one has not, in lines."""
    lines = []
    if result.sketched_ml is not None:
        lines.append(
            f"The strength with {millilitres_of(result.sketched_ml)} of sketched cement was "
            "replaced by that with the simulated cement."
        )
    if result.dropped_strength:
        lines.append(
            "The strength of this case was that with other cement and was left out; compute it "
            "again with: vertaug strength CASE"
        )
    cement = result.dropped_cement
    if cement is not None and cement.simulated_cement:
        lines.append(
            "The strength with the simulated cement of this case was replaced by that without "
            "cement."
        )
    elif cement is not None:
        lines.append(
            f"The strength {with_cement_of(cement.cement_ml)} of this case was replaced by that "
            f"without cement; compute it again with: vertaug strength CASE --cement-ml "
            f"{cement.cement_ml:g}"
        )
    return lines
