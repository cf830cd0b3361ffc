"""What was probably meant by a name that is not known."""

from collections.abc import Collection, Iterable

from vertaug.case.errors import InputError


def find_near(
    name: str, known: Iterable[str], *, most: int = 3, cutoff: float = 0.5
) -> tuple[str, ...]:
    """Return the known names that a name is like, the nearest first; capitals do not matter.

    Parameters
    ----------
    name : str
    known : iterable of str
    most : int
        How many at most.
    cutoff : float
        Least likeness, 0 to 1.
    """
    from difflib import get_close_matches

    small = {one.lower(): one for one in known}
    return tuple(
        small[one] for one in get_close_matches(name.lower(), small, n=most, cutoff=cutoff)
    )


def ask_meant(near: Iterable[str], known: Iterable[str] = ()) -> str:
    """Return the end of an error: the near names, else the known ones, else nothing."""
    meant, all_names = ", ".join(near), ", ".join(known)
    if meant:
        return f"; did you mean {meant}"
    return f"; known are {all_names}" if all_names else ""


def refuse_unknown(name: str, known: Collection[str], what: str) -> None:
    """Refuse a name that is not known, and say the near ones.

    Raises
    ------
    InputError
        If ``name`` is not in ``known``.
    """
    if name not in known:
        message = f"there is no {what} '{name}'{ask_meant(find_near(name, known), known)}"
        raise InputError(message)
