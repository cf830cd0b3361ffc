"""CT and labels to the parts of each vertebra."""

from vertaug.anatomy.spine import analyse_spine

__all__ = ["analyse_spine"]
