"""Anatomy to ranked needle paths, working views and cement target."""
