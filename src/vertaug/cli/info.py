"""``vertaug info``: what is installed here, without importing any of it."""

import json
import os
import platform
import re
from importlib import metadata
from typing import Any

import typer

import vertaug


def collect_info() -> dict[str, Any]:
    """Return versions, extras and devices.

    Returns
    -------
    dict
        ``vertaug``, ``python``, ``platform``; ``core`` and ``extras.<name>`` with the version of
        each library, None where it is missing; ``devices`` with ``memory_gb``.
    """
    core, extras = _read_requirements()
    return {
        "vertaug": vertaug.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "core": {name: _version(name) for name in core},
        "extras": {
            extra: {name: _version(name) for name in names} for extra, names in extras.items()
        },
        "devices": [
            {"kind": "cpu", "cores": os.cpu_count() or 1, "memory_gb": _memory_gb()},
        ],
        "research_use_only": True,
    }


def show_info(*, as_json: bool) -> None:
    """Print what `collect_info` finds."""
    found = collect_info()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    lines = [
        f"vertaug {found['vertaug']}, Python {found['python']}, {found['platform']}",
        f"core: {_list(found['core'])}",
        *(f"extra {name}: {_list(libraries)}" for name, libraries in found["extras"].items()),
        *(
            f"device {d['kind']}: {d['cores']} cores, "
            + ("memory unknown" if d["memory_gb"] is None else f"{d['memory_gb']} GB memory")
            for d in found["devices"]
        ),
        "Research and teaching, not for clinical decisions.",
    ]
    typer.echo("\n".join(lines))


def _list(libraries: dict[str, str | None]) -> str:
    return ", ".join(f"{name} {version or 'not installed'}" for name, version in libraries.items())


def _read_requirements() -> tuple[list[str], dict[str, list[str]]]:
    """Return the names that vertaug asks for: always, and by extra."""
    core: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in metadata.requires("vertaug") or ():
        match = re.match(r"[A-Za-z0-9._-]+", line)
        name = match.group() if match else line
        extra = re.search(r"extra == ['\"]([^'\"]+)['\"]", line)
        if extra is None:
            core.append(name)
        elif name != "vertaug" and extra.group(1) != "dev":
            extras.setdefault(extra.group(1), []).append(name)
    return core, extras


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _memory_gb() -> float | None:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    return round(total / 1e9, 1)
