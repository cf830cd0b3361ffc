"""From spine to fracture: heights, grades, angles, canal, cleft, density of each body."""

from vertaug.fracture.assessment import assess_fracture
from vertaug.fracture.interior import find_metal

__all__ = ["assess_fracture", "find_metal"]
