"""Cement in a vertebra: the bone it flows through, and where it can leave."""
