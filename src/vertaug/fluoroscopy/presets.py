"""C-arms by name."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from vertaug.case.errors import FormatError, InputError
from vertaug.case.packaged_data import read_packaged_toml
from vertaug.fluoroscopy.carm import CArm, Posture

_NEEDED = ("source_detector_mm", "source_isocentre_mm", "detector_mm", "pixels", "source")
_KNOWN = {*_NEEDED, "title", "round_field"}


def preset_names() -> tuple[str, ...]:
    """Return the names of the built-in C-arms."""
    return tuple(_built_in())


def carm_preset(
    name: str,
    isocentre_lps_mm: ArrayLike,
    *,
    posture: Posture = Posture.PRONE,
    file: str | Path | None = None,
) -> CArm:
    """Return a C-arm by name at 0/0.

    Parameters
    ----------
    name : str
        One of `preset_names`, or a name in ``file``.
    isocentre_lps_mm : (3,) array
        Where its isocentre is.
    posture : Posture
        How the patient lies.
    file : path, optional
        A TOML file of C-arms of one's own, in the form of the built-in ``carms.toml``.

    Raises
    ------
    InputError
        If the name is unknown; the known ones are named.
    FormatError
        If the file cannot be read or misses a value.
    """
    known = _built_in() if file is None else _read(Path(file))
    if name not in known:
        message = f"unknown C-arm {name!r}; known: {', '.join(known)}"
        raise InputError(message)
    given = known[name]
    return CArm(
        isocentre_lps_mm=isocentre_lps_mm,  # type: ignore[arg-type]
        source_detector_mm=float(given["source_detector_mm"]),
        source_isocentre_mm=float(given["source_isocentre_mm"]),
        detector_mm=(float(given["detector_mm"][0]), float(given["detector_mm"][1])),
        pixels=(int(given["pixels"][0]), int(given["pixels"][1])),
        round_field=bool(given.get("round_field", False)),
        posture=posture,
        title=str(given.get("title", name)),
        source=str(given["source"]),
    )


@cache
def _built_in() -> dict[str, dict[str, Any]]:
    return _check(read_packaged_toml("vertaug.fluoroscopy", "carms"), "the built-in table")


def _read(file: Path) -> dict[str, dict[str, Any]]:
    try:
        return _check(tomllib.loads(file.read_text("utf-8")), str(file))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"C-arms cannot be read from {file}: {error}"
        raise FormatError(message) from error


def _check(table: dict[str, Any], where: str) -> dict[str, dict[str, Any]]:
    for name, values in table.items():
        given = set(values) if isinstance(values, dict) else set()
        missing = [key for key in _NEEDED if key not in given]
        unknown = sorted(given - _KNOWN)
        if missing or unknown:
            fault = f"misses {', '.join(missing)}" if missing else f"has unknown {unknown}"
            message = f"C-arm {name!r} in {where} {fault}"
            raise FormatError(message)
    return table
