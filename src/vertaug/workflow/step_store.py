"""Stored results of steps, by key."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from vertaug.case.errors import FormatError
from vertaug.case.record import load_record, save_record

T = TypeVar("T")
_SHOWN_DIGITS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStore:
    """Results of steps in a folder.

    A result is found only under the key that it was made with; a damaged one counts as none.
    """

    folder: Path

    def path(self, step: str, key: str) -> Path:
        """Return where the result of a step with this key lies."""
        return self.folder / f"{step}-{key[:_SHOWN_DIGITS]}.npz"

    def load(self, step: str, key: str, kind: type[T]) -> T | None:
        """Return the stored result, or None if there is none that can be read."""
        path = self.path(step, key)
        if not path.is_file():
            return None
        try:
            return load_record(kind, path)
        except FormatError:
            return None

    def save(self, step: str, key: str, value: object) -> None:
        """Store a result.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        save_record(value, self.path(step, key))

    def keep_only(
        self,
        keys: dict[str, str],
        before: dict[str, str] | None = None,
        unfinished: tuple[str, ...] = (),
    ) -> None:
        """Remove every result but those of the given steps and keys, and of unfinished runs.

        Parameters
        ----------
        keys : dict of str to str
            Of the case.
        before : dict of str to str, optional
            Of the older case: none of an unfinished run.
        unfinished : tuple of str
            Steps whose newest result of an unfinished run is kept too, for the run that goes on.
        """
        kept = {self.path(step, key) for step, key in keys.items()}
        known = kept | {self.path(step, key) for step, key in (before or {}).items()}
        for step in unfinished:
            left = [path for path in self.folder.glob(f"{step}-*.npz") if path not in known]
            kept.update(sorted(left, key=lambda path: path.stat().st_mtime_ns)[-1:])
        for path in self.folder.glob("*.npz"):
            if path not in kept:
                path.unlink(missing_ok=True)
