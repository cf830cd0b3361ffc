"""How well something is known to be what its source says, and its mark on paper."""

from collections.abc import Iterable
from enum import StrEnum

UNVERIFIED = "unverified"
"""Mark of what must be held against its source before any use."""


class SourceStatus(StrEnum):
    """How a value, a code, a rule or a sentence is known; the best known first."""

    VERIFIED = "verified"
    DIGEST = "verified in a digest"
    PARTLY = "partly verified"
    COMPUTED = "computed"
    RECALLED = "recalled"
    UNCERTAIN = "uncertain"
    DESIGN_DEFAULT = "design default"
    NOT_FOUND = "not found"

    @property
    def mark(self) -> str:
        """What stands beside it on paper; empty where it was read in its source or computed."""
        return _MARKS.get(self, "")

    @property
    def words(self) -> str:
        """Its mark where it has one, else itself."""
        return self.mark or self.value

    @property
    def is_checked(self) -> bool:
        """Whether it was read in its source, or computed from what was."""
        return self in {SourceStatus.VERIFIED, SourceStatus.COMPUTED}

    @property
    def is_from_memory(self) -> bool:
        """Whether all or a part of it was never held against its source."""
        return self in {SourceStatus.RECALLED, SourceStatus.PARTLY}


_MARKS = {
    SourceStatus.PARTLY: "partly verified",
    SourceStatus.RECALLED: UNVERIFIED,
    SourceStatus.UNCERTAIN: UNVERIFIED,
    SourceStatus.DESIGN_DEFAULT: "design default",
}


def find_weakest(statuses: Iterable[SourceStatus]) -> SourceStatus:
    """Return the status of what was made from several numbers: that of the least known."""
    return max(statuses, key=list(SourceStatus).index)
