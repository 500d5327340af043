"""References, memory, garbage collection and threads of entry points."""

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from native_kernels import Failed, array, copy, fallback, kernel, make, python, scalar

from jitad.native.entry import build_entry, entry_supported
from jitad.native.signature import ArgOf, CellGuard, DictGuard, DictOf, ListOf, Signature, Static, TupleOf

pytestmark = pytest.mark.skipif(not entry_supported(), reason="no native entry points on this interpreter")


def resident():
    with open("/proc/self/statm") as statistics:
        return int(statistics.read().split()[1]) * 4096


@pytest.fixture
def everything():
    """An entry with every kind of node, and arguments for it."""
    names, captured = {"w": 1}, np.ones(100)
    args = [DictOf(("a", "b"), (array(100), ListOf((python(), scalar())))), python("i8"), Static(None)]
    leaf_types = (array(100), scalar(), python(), scalar("?"), python("i8"), python("?"))
    result = TupleOf((*leaf_types, DictOf(("x",), (ListOf((array(3), Static("s"))),)), ArgOf(0)))
    body = copy(0, 5, 100) + copy(1, 6, 1) + copy(2, 7, 1) + "  store i8 1, ptr %p8\n"
    body += copy(3, 9, 1) + "  store i8 1, ptr %p10\n" + copy(4, 11, 3)
    fields = {"captures": ((array(100), captured),), "guards": (DictGuard(names, "w", 1),)}
    entry = make(build_entry, args, result, body, **fields)
    return entry, ({"a": np.arange(100.0), "b": [1.5, np.float64(2.5)]}, 10**12, None)


def test_the_entry_with_everything(everything):
    f, args = everything
    y = f(*args)
    assert (y[0] == np.arange(100.0)).all() and y[1:6] == (1.5, 2.5, np.True_, 10**12, True)
    assert y[6]["x"][0].tolist() == [1, 1, 1] and y[6]["x"][1] == "s" and y[7] is args[0]["a"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_million_calls_leak_nothing(everything):
    f, args = everything
    out = (np.zeros(100), None, None, None, None, None, {"x": [None, None]}, None)
    wrong = ({"a": np.zeros(1), "b": [1.5, np.float64(2.5)]}, 10**12, None)

    def run(n):
        for _ in range(n):
            f(*args)
            f(*args, out=out)
            f(*wrong)

    run(5_000)
    gc.collect()
    before = resident()
    run(330_000)
    gc.collect()
    assert resident() - before < 2 << 20


def test_references_of_arguments(everything):
    f, args = everything
    objects = [args[0], args[0]["a"], args[0]["b"], args[0]["b"][1], args[1], f, f.__self__]
    objects += list(f.__self__)
    f(*args)
    before = [sys.getrefcount(x) for x in objects]
    for _ in range(1000):
        f(*args)
        f(args[0], args[1], 0)
        f(args[0], 1.0, None)
        f({"a": args[0]["a"], "b": [1.5, None]}, args[1], None)
    after = [sys.getrefcount(x) for x in objects]
    assert [i for i, (a, b) in enumerate(zip(before, after)) if abs(a - b) > 500] == []
    assert before[:4] == after[:4]


def test_references_after_a_failed_kernel():
    result = TupleOf((array(3), scalar(), python(), array(2)))
    f = make(build_entry, [DictOf(("a",), (array(1),))], result, "", status="5")
    x, y = np.zeros(1), np.zeros(3)
    before = sys.getrefcount(x), sys.getrefcount(y)
    for _ in range(100):
        with pytest.raises(Failed):
            f({"a": x})
        with pytest.raises(Failed):
            f({"a": x}, out=(y, None, None, None))
    assert (sys.getrefcount(x), sys.getrefcount(y)) == before


def test_the_entry_keeps_what_it_needs():
    cell = (lambda value: lambda: value)(object()).__closure__[0]
    module, symbol = kernel(copy(0, 1, 2), 2)
    code = weakref.ref(module)
    captures = ((array(2), np.array([1.0, 2.0])),)
    guards = (CellGuard(cell, cell.cell_contents),)
    f = build_entry(module, Signature(symbol, (), captures, array(2), guards, False, lambda: 1 / 0, print))
    del module, captures, guards, cell
    gc.collect()
    junk = [np.full(2, 7.0) for _ in range(1000)]
    assert f().tolist() == [1, 2] and code() is not None and len(junk) == 1000
    del f
    gc.collect()
    assert code() is None


def test_a_cycle_through_the_fallback_is_collected():
    class Owner:
        def slow(self, *args):
            return self

    owner = Owner()
    owner.entry = make(build_entry, [], Static(None), "", fallback=owner.slow)
    dead = weakref.ref(owner)
    del owner
    gc.collect()
    assert dead() is None


def test_many_entries_are_freed():
    seen = [weakref.ref(kernel(copy(0, 1, 2), 2)[0]) for _ in range(20)]
    for _ in range(20):
        module, symbol = kernel(copy(0, 1, 2), 2)
        f = build_entry(module, Signature(symbol, (array(2),), (), array(2), (), False, fallback, print))
        assert f(np.ones(2)).tolist() == [1, 1]
        seen.append(weakref.ref(module))
    del module, f
    gc.collect()
    assert [ref for ref in seen if ref() is not None] == []


@pytest.mark.parametrize("release_gil", [False, True])
def test_eight_threads(release_gil):
    f = make(
        build_entry,
        [array(64), python()],
        TupleOf((array(64), python())),
        copy(0, 2, 64) + copy(1, 3, 1),
        release_gil=release_gil,
    )

    def work(seed):
        x = np.full(64, float(seed))
        for _ in range(3000):
            y, v = f(x, float(seed))
            if v != seed or not (y == seed).all():
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


SPIN = """
  br label %wait
wait:
  %go = load atomic i64, ptr %p0 acquire, align 8
  %still = icmp eq i64 %go, 0
  br i1 %still, label %wait, label %done
done:
  store i64 %go, ptr %p1"""


def test_the_gil_is_released():
    f = make(build_entry, [array(1, dtype="i8")], python("i8"), SPIN, release_gil=True)
    flag, answers = np.zeros(1, np.int64), []
    thread = threading.Thread(target=lambda: answers.append(f(flag)))
    thread.start()
    time.sleep(0.02)
    flag[0] = 42
    thread.join(10)
    assert answers == [42]


def test_arguments_survive_a_change_of_their_container_meanwhile():
    tree = ListOf((array(1, dtype="i8"), array(1000)))
    f = make(
        build_entry,
        [tree],
        TupleOf((python("i8"), array(1000))),
        SPIN.replace("%p1", "%p2") + copy(1, 3, 1000),
        release_gil=True,
    )
    flag, answers = np.zeros(1, np.int64), []
    arguments = [flag, np.arange(1000.0)]
    thread = threading.Thread(target=lambda: answers.append(f(arguments)))
    thread.start()
    time.sleep(0.02)
    arguments.clear()
    junk = [np.full(1000, -1.0) for _ in range(100)]
    flag[0] = 1
    thread.join(10)
    assert (answers[0][1] == np.arange(1000.0)).all() and len(junk) == 100


def test_entries_are_reentrant():
    depth = []

    def again(x):
        depth.append(x)
        return f(np.ones(2)) + x[0]

    f = make(build_entry, [array(2)], array(2), copy(0, 1, 2), fallback=again)
    assert f(np.array([3.0])).tolist() == [4.0, 4.0] and len(depth) == 1


AT_EXIT = """
import sys
import numpy as np
sys.path.insert(0, {here!r})
from native_kernels import array, copy, make
from jitad.native.callable import NativeCallable
from jitad.native.entry import build_entry

class Jit(NativeCallable):
    def __del__(self):
        assert self(np.ones(2)).tolist() == [1, 1]
        print("called", flush=True)

f = Jit()
f._install(make(build_entry, [array(2)], array(2), copy(0, 1, 2)))
np.keep, sys.keep, f.cycle = f, f, f
"""


def test_calls_while_the_interpreter_exits():
    here = os.path.dirname(__file__)
    code = AT_EXIT.format(here=here)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and "Error" not in done.stderr, done.stderr


AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from jitad.native.runtime import runtime

with ThreadPoolExecutor(8) as pool:
    print(len({id(module) for module in pool.map(lambda i: runtime(), range(8))}))
"""


def test_threads_that_start_at_once_share_one_interpreter():
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
