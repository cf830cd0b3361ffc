"""Names for patients that say nothing: random, or from a record number and the key of a site."""

import hashlib
import hmac
import secrets

from vertaug.case.errors import InputError

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that it can be read aloud."""
_LENGTH = 10
_SHORTEST_KEY = 16


def draw_pseudonym() -> str:
    """Return a random pseudonym such as ``P-7F3KQ0M2XA`` (50 bits)."""
    return "P-" + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def plain_number(record_number: str) -> str:
    """Return a record number as it is compared: blanks and case do not matter."""
    return "".join(record_number.split()).upper()


def derive_pseudonym(record_number: str, key: bytes) -> str:
    """Return the pseudonym of a record number: the same for the same key, not found without it.

    Parameters
    ----------
    record_number : str
        Blanks and case do not matter.
    key : bytes
        Secret of the site, 16 bytes or more.

    Raises
    ------
    InputError
        If the key is short or there is no number.
    """
    plain = plain_number(record_number)
    if len(key) < _SHORTEST_KEY or not plain:
        message = (
            f"a pseudonym is made from a record number and a key of {_SHORTEST_KEY} bytes or more; "
            f"got {len(plain)} characters and {len(key)} bytes"
        )
        raise InputError(message)
    digest = int.from_bytes(hmac.new(key, plain.encode("utf-8"), hashlib.sha256).digest(), "big")
    return "P-" + "".join(_LETTERS[(digest >> 5 * n) & 31] for n in range(_LENGTH))
