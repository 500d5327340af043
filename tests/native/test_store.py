"""Machine code on disk: used by other processes, never trusted."""

import os
import subprocess
import sys

import numpy as np
import pytest

import jitad as jad
from jitad.native import engine, store

TEXT = 'define i32 @"twice"(i32 %x) {\n%y = shl i32 %x, 1\nret i32 %y\n}\n'


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("JITAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def entry_in(place):
    (path,) = place.glob("*.code")
    return path


def test_the_second_compilation_is_a_look_up(place):
    first = engine.compile_module(TEXT, stored=True)
    second = engine.compile_module(TEXT, stored=True)
    assert "emit" in first.seconds and "emit" not in second.seconds
    assert first.code_bytes == second.code_bytes > 0
    assert second.address("twice") not in (0, first.address("twice"))
    assert second.asm == first.asm


def test_another_process_finds_it(place):
    program = "import numpy as np, jitad as jad; f = jad.grad(lambda x: np.sum(np.sin(x))); f(np.ones(40))"
    program += "; print(*f._cache.version(f._binder.bind((np.ones(40),), {})).binary.module.seconds)"
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert "emit" in runs[0] and "emit" not in runs[1]


def test_kernels_of_one_name_do_not_meet():
    def named(k):
        def f(x):
            return x * k

        return jad.jit(f)

    found = [named(k)(np.ones(3)) for k in (2.0, 3.0, 2.0)]
    assert [x[0] for x in found] == [2.0, 3.0, 2.0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: b"",
        lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
        lambda data: b"another" + data[7:],
    ],
)
def test_damaged_entries_are_passed_over(place, damage):
    engine.compile_module(TEXT, stored=True)
    path = entry_in(place)
    path.write_bytes(damage(path.read_bytes()))
    again = engine.compile_module(TEXT, stored=True)
    assert "emit" in again.seconds
    assert "emit" not in engine.compile_module(TEXT, stored=True).seconds  # written anew


def test_code_that_does_not_link_is_compiled_again(place):
    engine.compile_module(TEXT, stored=True)
    key = entry_in(place).stem
    store.save(key, store.Entry(b"no object", ["twice"], []))
    assert engine.compile_module(TEXT, stored=True).address("twice")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="permissions as on Unix")
def test_files_that_others_may_write_are_passed_over(place):
    engine.compile_module(TEXT, stored=True)
    entry_in(place).chmod(0o666)
    assert "emit" in engine.compile_module(TEXT, stored=True).seconds
    assert place.stat().st_mode & 0o077 == 0


def test_nothing_is_kept_where_nothing_can_be(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JITAD_CACHE", str(tmp_path / "file" / "cache"))
    assert engine.compile_module(TEXT, stored=True).address("twice")
    assert store.info().entries == 0 and store.clear() == 0


def test_off(monkeypatch):
    monkeypatch.setenv("JITAD_CACHE", "0")
    assert store.directory() is None and store.info() == store.Info(None, 0, 0)
    assert "emit" in engine.compile_module(TEXT, stored=True).seconds


def test_places(monkeypatch, tmp_path):
    monkeypatch.delenv("JITAD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store.directory() == tmp_path / "jitad"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be passed over, by the specification
    assert store.directory().parts[-2:] == (".cache", "jitad")


def test_the_longest_unused_goes_first(place, monkeypatch):
    monkeypatch.setattr(store, "LOOK_EVERY", 1)
    monkeypatch.setattr(store, "MOST_BYTES", 5000)
    for k in range(4):
        store.save(f"{k}", store.Entry(bytes(2000), [], []))
        os.utime(place / f"{k}.code", (k, k))
    store.save("4", store.Entry(bytes(2000), [], []))
    assert sorted(p.stem for p in place.glob("*.code")) == ["3", "4"]


def test_info_and_clear(place):
    engine.compile_module(TEXT, stored=True)
    found = store.info()
    assert (found.directory, found.entries) == (place, 1) and found.nbytes == entry_in(place).stat().st_size
    assert store.clear() == 1 and store.info().entries == 0
