"""Hounsfield units to density."""
