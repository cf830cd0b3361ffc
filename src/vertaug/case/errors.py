"""The errors of vertaug.

::

    VertaugError
    ├── InputError (ValueError)        what was given cannot be used; exit code 2
    │   ├── ImageError                 a CT or label file: unreadable, incomplete, not CT
    │   ├── GeometryError              grids, frames and axes that do not fit
    │   ├── OrientationError           the header contradicts the anatomy
    │   ├── LabelError                 labels: empty, unknown numbers, another patient
    │   ├── LevelError                 a level that is not in the scan or is incomplete
    │   └── FormatError                a case folder that cannot be read
    ├── ComputationError (RuntimeError) a computation that failed; exit code 3
    │   ├── AnatomyError               a vertebra whose parts cannot be found
    │   └── PlanError                  planning could not be carried out
    ├── StorageError (OSError)         writing failed (disk full, no permission); exit code 3
    └── MissingExtraError (ImportError) an optional dependency is not installed; exit code 2

Messages say what was expected, what was found and what to do.
"""


class VertaugError(Exception):
    """Base of every error that vertaug raises on purpose."""


class InputError(VertaugError, ValueError):
    """What was given cannot be used."""


class ImageError(InputError):
    """A CT or label file cannot be used: unreadable, incomplete or not a CT."""


class GeometryError(InputError):
    """Grids, frames or axes do not fit together."""


class OrientationError(InputError):
    """The orientation in the header contradicts the anatomy."""


class LabelError(InputError):
    """Labels are empty, of unknown numbering or of another patient."""


class LevelError(InputError):
    """A vertebral level is not in the scan or is cut by its edge."""


class FormatError(InputError):
    """A case folder or file of vertaug cannot be read."""


class ComputationError(VertaugError, RuntimeError):
    """A computation failed on input that looked usable."""


class AnatomyError(ComputationError):
    """The parts of a vertebra cannot be found in its mask."""


class PlanError(ComputationError):
    """Planning could not be carried out."""


class StorageError(VertaugError, OSError):
    """A file could not be written."""


class MissingExtraError(VertaugError, ImportError):
    """An optional dependency is not installed."""
