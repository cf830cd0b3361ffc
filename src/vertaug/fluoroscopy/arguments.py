"""Refuse arguments of a radiograph that are of another kind, and say what was expected."""

from collections.abc import Iterable
from typing import Any, get_args

import numpy as np

from vertaug.case.errors import InputError
from vertaug.case.volume import Scan
from vertaug.fluoroscopy.carm import CArm
from vertaug.fluoroscopy.matter import Matter
from vertaug.fluoroscopy.patient import XrayPatient
from vertaug.fluoroscopy.technique import Technique

_MATTER = get_args(Matter)


def check_kinds(volume: Any, carm: Any, technique: Any) -> None:
    """Check patient, C-arm and technique.

    Raises
    ------
    InputError
        If one of them is something else.
    """
    if not isinstance(volume, Scan | XrayPatient):
        message = (
            "a radiograph is taken of a Scan or an XrayPatient; got "
            f"{_name(volume)}. Read a file with: vertaug.imaging.read_scan(path)"
        )
        raise InputError(message)
    if not isinstance(carm, CArm):
        message = (
            f"the C-arm must be a CArm; got {_name(carm)}. Make one with: "
            "carm_preset('mobile', isocentre_lps_mm)"
        )
        raise InputError(message)
    if technique is not None and not isinstance(technique, Technique):
        message = f"the technique must be a Technique or None; got {_name(technique)}"
        raise InputError(message)


def check_matter(matter: Any, rng: Any) -> tuple[Matter, ...]:
    """Return what is brought in, checked, with the source of noise.

    Raises
    ------
    InputError
        If matter is no sequence of matter, or ``rng`` no generator of numpy.
    """
    kinds = ", ".join(kind.__name__ for kind in _MATTER)
    if isinstance(matter, _MATTER):
        message = f"matter is a list, also of one thing; got {_name(matter)}: write [it]"
        raise InputError(message)
    if not isinstance(matter, Iterable):
        message = f"matter is a list of {kinds}; got {_name(matter)}"
        raise InputError(message)
    things = tuple(matter)
    for thing in things:
        if not isinstance(thing, _MATTER):
            message = f"matter is a list of {kinds}; found {_name(thing)} in it"
            raise InputError(message)
    if rng is not None and not isinstance(rng, np.random.Generator):
        message = (
            f"rng must be a numpy.random.Generator or None; got {_name(rng)}. Write: "
            "numpy.random.default_rng(1)"
        )
        raise InputError(message)
    return things


def _name(value: Any) -> str:
    """Return what something is, with its value where that is short."""
    kind = type(value).__name__
    shown = repr(value)
    return f"{kind} {shown}" if len(shown) <= 40 else f"{kind}"
