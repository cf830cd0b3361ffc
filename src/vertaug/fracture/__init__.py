"""Anatomy to heights, grade, angles, posterior wall and cleft."""
