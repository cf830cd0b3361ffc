"""The built-in phantom: a thoracolumbar CT with an exact answer key."""

from vertaug.imaging.phantom.build import Phantom, build_phantom
from vertaug.imaging.phantom.specification import HeightLoss, PhantomSpec
from vertaug.imaging.phantom.truth import PhantomTruth

__all__ = ["HeightLoss", "Phantom", "PhantomSpec", "PhantomTruth", "build_phantom"]
