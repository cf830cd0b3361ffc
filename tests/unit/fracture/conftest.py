"""Fixtures of the fracture tests."""

import importlib.util
from pathlib import Path

import pytest


def _load_blocks():
    path = Path(__file__).with_name("blocks.py")
    spec = importlib.util.spec_from_file_location("fracture_blocks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def blocks():
    """Builders of block vertebrae with exact measures."""
    return _load_blocks()
