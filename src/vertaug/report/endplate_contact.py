"""Contact of cement with the endplates of the body: from when, where it began, how large."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vertaug.case.filling import Filling
from vertaug.case.grid import FloatArray
from vertaug.report import words
from vertaug.report.filled_pores import pore_filling
from vertaug.report.filling_words import ml
from vertaug.report.leak_site import leak_site

PLATES = ("superior", "inferior")
_HALF_FULL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class EndplateContact:
    """Where cement touches an endplate.

    Attributes
    ----------
    plate : str
        ``superior`` or ``inferior``.
    after_mm3, by_mm3 : float
        Injected at the last moment without contact, and at the first one with it.
    site : str
        Where it began, such as ``left, anterior``: of the cells in contact by then that nearest to
        a needle's tip.
    area_mm2 : float
        At the end.
    """

    plate: str
    after_mm3: float
    by_mm3: float
    site: str
    area_mm2: float

    @property
    def words(self) -> str:
        """When and where it began, and its area."""
        span = f"{ml(self.after_mm3, unit=False)} and {ml(self.by_mm3)}"
        return f"begun between {span} ({self.site}), {self.area_mm2:.0f} mm² at the end"


def endplate_contacts(filling: Filling) -> tuple[EndplateContact, ...]:
    """Return the contacts by the stored moments of a filling; none where cement keeps away.

    A contact is a cell of the body next to an endplate whose pores are at least half full, as for
    `Filling.endplate_gap_mm`.

    Parameters
    ----------
    filling : Filling
    """
    full = [pore_filling(filling, frame) >= _HALF_FULL for frame in filling.frames]
    volumes = [0.0, *(frame.injected_mm3 for frame in filling.frames)]
    found = []
    for plate, gap in zip(PLATES, filling.endplate_gap_mm, strict=True):
        edge = _outermost(filling.in_body, upper=plate == "superior")
        touched = [edge & cells for cells in full]
        first = next((n for n, cells in enumerate(touched) if cells.any()), None)
        if first is None or gap > 0.0:
            continue
        place = _nearest_tip(filling, touched[first])
        area = float(touched[-1].sum()) * float(np.prod(filling.grid.spacing_mm[:2]))
        found.append(
            EndplateContact(
                plate=plate,
                after_mm3=volumes[first],
                by_mm3=volumes[first + 1],
                site=leak_site(filling, place).rpartition(", ")[0],
                area_mm2=area,
            )
        )
    return tuple(found)


def contact_words(filling: Filling) -> str:
    """Return how near the cement comes to each endplate, and from when it touches it."""
    known = {contact.plate: contact.words for contact in endplate_contacts(filling)}
    parts = []
    for plate, gap in zip(PLATES, filling.endplate_gap_mm, strict=True):
        touch = f"in contact, {known[plate]}" if plate in known else "in contact"
        parts.append(f"{plate} {touch if gap <= 0.0 else words.millimetres(float(gap)) + ' away'}")
    return "; ".join(parts)


def _nearest_tip(filling: Filling, cells: NDArray[np.bool_]) -> FloatArray:
    """Return the cell from which a tip is least far, in LPS mm."""
    places = filling.grid.to_world(np.argwhere(cells).astype(float))
    away = np.linalg.norm(places[:, None] - filling.tips_lps_mm[None], axis=2).min(axis=1)
    return np.asarray(places[away.argmin()])


def _outermost(in_body: NDArray[np.bool_], *, upper: bool) -> NDArray[np.bool_]:
    """Return the highest or lowest cell of each column of the body."""
    cells = in_body[:, :, ::-1] if upper else in_body
    first = cells & (np.cumsum(cells, axis=2) == 1)
    return np.asarray(first[:, :, ::-1] if upper else first)
