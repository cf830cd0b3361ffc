"""Stiffness and strength of a vertebra from its density, by voxel finite elements."""
