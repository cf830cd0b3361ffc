"""Numerical tools that more than one step needs."""
