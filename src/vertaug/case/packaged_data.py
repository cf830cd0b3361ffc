"""The tables that come with vertaug."""

from importlib.resources import files
from typing import Any


def read_packaged_text(package: str, name: str) -> str:
    """Return a text file of the folder ``data`` of a package.

    Parameters
    ----------
    package : str
        Such as ``vertaug.fracture``.
    name : str
        With its ending.
    """
    return files(package).joinpath("data", name).read_text("utf-8")


def read_packaged_toml(package: str, name: str) -> dict[str, Any]:
    """Return the tables of a TOML file of the folder ``data`` of a package; new ones each time.

    Parameters
    ----------
    package : str
    name : str
        Without its ending.
    """
    import tomllib

    return tomllib.loads(read_packaged_text(package, f"{name}.toml"))
