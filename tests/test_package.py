"""What a checkout promises to installers and type checkers."""

import importlib.metadata
import importlib.resources
import re
from pathlib import Path

import pytest

import jitad


def test_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", jitad.__version__)
    try:
        installed = importlib.metadata.version("jitad")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("jitad is not installed")
    assert installed == jitad.__version__


def test_types_are_public():
    assert importlib.resources.files("jitad").joinpath("py.typed").is_file()
    assert "py.typed" in (Path(__file__).parent.parent / "pyproject.toml").read_text()
