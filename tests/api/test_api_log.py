"""What `cache_info` and the log say of compilations."""

import numpy as np
import pytest

import jitad as jad


@pytest.fixture(autouse=True)
def mode():
    """Natively alone: the interpreter compiles nothing."""


def test_cache_info_says_what_the_seconds_went_to():
    g = jad.grad(lambda x: np.sum(np.sin(x) ** 2))
    g(np.ones(50))
    (entry,) = g.cache_info().entries
    assert list(entry.stages) == ["capture", "optimize", "differentiate", "lower", "llvm"]
    assert all(seconds >= 0 for seconds in entry.stages.values())
    assert entry.seconds == pytest.approx(sum(entry.stages.values()))
    assert 100 < entry.code < 100_000
    assert "capture" in str(g.cache_info()) and f"{entry.code} bytes" in str(g.cache_info())


def test_versions_that_only_the_interpreter_runs_have_no_code():
    f = jad.jit(lambda x: x + 1)
    with jad.disable_jit():
        f(1.0)
    assert [e.code for e in f.cache_info().entries] in ([], [0])


def test_log_tells_of_each_version_as_it_is_compiled(monkeypatch, capsys):
    def twice(x):
        return 2 * x

    f = jad.jit(twice)
    f(np.ones(3))
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("JITAD_LOG", "compile")
    f(np.ones(4))
    f(np.ones(4))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("jitad: compiled twice(x: f64[%n]) in 0.")
    assert said[0].endswith("size of axis 0 of x changed: 3 → 4, now a value")


def test_log_goes_to_logging(caplog):
    with caplog.at_level("INFO", logger="jitad.compile"):
        jad.jit(lambda x: x - 1)(2.0)
    assert [r.name for r in caplog.records] == ["jitad.compile"]
    assert "first call" in caplog.text
