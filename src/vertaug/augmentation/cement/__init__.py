"""Cement: what it is, how it flows and how it hardens."""
