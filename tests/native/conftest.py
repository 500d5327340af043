"""Fixtures of the tests of jitad.native."""

import pytest

from jitad.native.entry import build_entry, entry_supported
from jitad.native.python_entry import build_python_entry


@pytest.fixture(params=["native", "python"])
def build(request):
    """Both makers of entry points; they promise the same."""
    if request.param == "native" and not entry_supported():
        pytest.skip("no native entry points on this interpreter")
    return build_entry if request.param == "native" else build_python_entry
