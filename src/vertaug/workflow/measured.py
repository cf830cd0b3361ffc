"""What the measuring step stores."""

from dataclasses import dataclass

from vertaug.case.density import DensityCalibration
from vertaug.case.measurement import FractureAssessment


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Density law and measurements of a case."""

    calibration: DensityCalibration
    assessment: FractureAssessment
