"""Needle access: safe straight paths into a vertebral body, working views, cement target."""

from vertaug.planning.access import plan_access
from vertaug.planning.rules import SafetyRules

__all__ = ["SafetyRules", "plan_access"]
