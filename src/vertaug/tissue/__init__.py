"""From CT and spine to tissue properties: density by calibration."""

from vertaug.tissue.calibration import (
    calibrate_from_phantom,
    calibrate_generic,
    calibrate_mindways,
    note_contrast,
)
from vertaug.tissue.phantomless import TissueMeans, calibrate_phantomless

__all__ = [
    "TissueMeans",
    "calibrate_from_phantom",
    "calibrate_generic",
    "calibrate_mindways",
    "calibrate_phantomless",
    "note_contrast",
]
