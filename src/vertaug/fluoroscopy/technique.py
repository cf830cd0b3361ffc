"""How a radiograph is taken."""

from dataclasses import dataclass, field

from vertaug.fluoroscopy.detector import Detector
from vertaug.fluoroscopy.display import GreyScale
from vertaug.fluoroscopy.exposure import Collimation, ExposureLimits
from vertaug.fluoroscopy.spectrum import Beam


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """How a radiograph is taken.

    Attributes
    ----------
    beam : Beam or None
        None lets the automatic exposure choose the voltage.
    detector : Detector
    collimation : Collimation
    limits : ExposureLimits
        Of the automatic exposure.
    grey : GreyScale
    interactive : bool
        Faster projection in steep views, no blur.
    """

    beam: Beam | None = None
    detector: Detector = field(default_factory=Detector)
    collimation: Collimation = field(default_factory=Collimation)
    limits: ExposureLimits = field(default_factory=ExposureLimits)
    grey: GreyScale = field(default_factory=GreyScale)
    interactive: bool = False
