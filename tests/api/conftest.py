"""Everything here runs twice, natively and interpreted, with the IR verified after every stage."""

from contextlib import nullcontext

import pytest

import jitad as jad
from jitad import pipeline


@pytest.fixture(params=["native", "interpreter"], autouse=True)
def mode(request):
    with jad.disable_jit() if request.param == "interpreter" else nullcontext():
        yield request.param


@pytest.fixture(autouse=True)
def checks(monkeypatch):
    monkeypatch.setattr(pipeline, "CHECK", True)
