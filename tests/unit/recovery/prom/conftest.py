"""Value sets of EQ-5D-5L on disk."""

import pytest

from vertaug.recovery.prom.value_set import DIMENSIONS


def decrement_lines(**changed):
    """A value set that nobody published: levels 2 to 5 lose 0.05, 0.10, 0.20, 0.30 each."""
    lost = {
        (d, level): x for d in DIMENSIONS for level, x in zip("2345", (5, 10, 20, 30), strict=True)
    }
    lines = ["dimension,level,decrement"]
    lines += [f"{d},{level},{x / 100:g}" for (d, level), x in lost.items()]
    return lines + [f"{key},,{value}" for key, value in changed.items()]


@pytest.fixture
def set_file(tmp_path):
    def write(lines, name="made_up.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write
