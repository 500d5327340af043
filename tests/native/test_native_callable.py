"""NativeCallable: the base class of what users call."""

import gc
import inspect
import pickle
import sys
import threading
import weakref

import numpy as np
import pytest
from native_kernels import array, copy, fell_back, make, scalar

from jitad.native.callable import NativeCallable, PlainCallable
from jitad.native.entry import build_entry, entry_supported
from jitad.native.python_entry import build_python_entry
from jitad.native.signature import Static, TupleOf

X = np.array([1.0, 2.0])


class Jit(NativeCallable):
    """A callable as the library's users see it."""

    def __init__(self, f, name="f"):
        self.f, self.__name__ = f, name
        self.__signature__ = inspect.signature(f)

    def _call_slow(self, *args, **kwargs):
        return ("slow", args, kwargs)

    def __get__(self, instance, owner=None):
        return self if instance is None else Bound(self, instance)

    def __reduce__(self):
        return (Jit, (self.f, self.__name__))


class Bound:
    def __init__(self, function, instance):
        self.function, self.instance = function, instance

    def __call__(self, *args):
        return self.function(self.instance, *args)


class Narrow(Jit):
    """A subclass of a subclass."""


def plain(x, scale=1.0):
    return x


def entry(build=build_entry, **fields):
    return make(build, [array(2)], TupleOf((array(2), scalar())), copy(0, 1, 2) + copy(0, 2, 1), **fields)


class Plain(PlainCallable):
    """The same on interpreters without native entry points."""

    def __init__(self, f):
        self.f = f

    _call_slow = Jit._call_slow


@pytest.mark.parametrize("cls", [Jit, Narrow, Plain])
def test_calls_reach_the_entry_once_it_is_there(build, cls):
    f = cls(plain)
    assert f(X, scale=2) == ("slow", (X,), {"scale": 2})
    f._install(entry(build))
    assert f(X)[0].tolist() == [1, 2] and f(X)[1] == 1.0
    assert (
        fell_back(f(X[::-1])) and fell_back(f(X, scale=2)) and fell_back(f()) and fell_back(f(*[X] * 9, k=1))
    )
    out = (np.zeros(2), np.zeros(()))
    assert f(X, out=out)[0] is out[0]
    f._install(None)
    assert f(X)[0] == "slow"


def test_every_way_to_call(build):
    f = Jit(plain)
    f._install(entry(build))
    assert f(*(X,))[1] == 1.0
    assert f(*(X,), out=None)[1] == 1.0
    assert f.__call__(X)[1] == 1.0
    assert next(iter(map(f, [X])))[1] == 1.0
    assert max([X], key=lambda x: f(x)[1]) is X
    import functools

    assert functools.partial(f, X)()[1] == 1.0


def test_replacing_the_entry_keeps_the_chain():
    f = Jit(plain)
    f._install(entry(fallback=f._call_slow))
    first = f._entry
    f._install(make(build_entry, [array(3)], Static("three"), "", fallback=first))
    assert f(np.zeros(3)) == "three" and f(X)[1] == 1.0 and f(1)[0] == "slow"


def test_instances_do_not_share_entries():
    f, g = Jit(plain), Jit(plain)
    f._install(entry())
    assert g(X)[0] == "slow" and f(X)[1] == 1.0
    g._install(make(build_entry, [], Static("g"), ""))
    assert g() == "g" and f(X)[1] == 1.0


def test_without_a_slow_path():
    with pytest.raises(NotImplementedError, match="NativeCallable defines no _call_slow"):
        NativeCallable()(1)


def test_exceptions_propagate():
    f = Jit(plain)
    f._install(entry(fallback=lambda *a: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        f(1)


def test_attributes_weak_references_and_signature():
    f = Jit(plain, "plain")
    f.anything = 3
    assert vars(f)["anything"] == 3 and callable(f) and f.__name__ == "plain"
    assert str(inspect.signature(f)) == "(x, scale=1.0)"
    assert weakref.ref(f)() is f
    assert f in {f: 1}


def test_methods():
    class Model:
        @Jit
        def loss(self, x):
            return x

    bound = Model().loss
    assert isinstance(Model.loss, Jit) and isinstance(bound, Bound)
    Model.loss._install(make(build_entry, [Static(bound.instance), array(2)], Static("bound"), ""))
    assert bound(X) == "bound"


def test_pickle():
    f = Jit(plain, "named")
    f._install(entry())
    g = pickle.loads(pickle.dumps(f))
    assert type(g) is Jit and g.f is plain and g.__name__ == "named" and g(X)[0] == "slow"


def test_a_cycle_is_collected():
    f = Jit(plain)
    f.me = f
    f._install(entry(fallback=f._call_slow))
    code = weakref.ref(f._entry.__self__[3][0]) if entry_supported() else None
    dead = weakref.ref(f)
    del f
    gc.collect()
    assert dead() is None and (code is None or code() is None)


def test_references_of_the_entry():
    f, e = Jit(plain), entry()
    f._install(e)
    before = sys.getrefcount(e), sys.getrefcount(f)
    for _ in range(1000):
        f(X)
        f(1)
        f._install(e)
    assert (sys.getrefcount(e), sys.getrefcount(f)) == before
    f._install(None)
    assert sys.getrefcount(e) == before[0] - 1


def test_an_entry_replaced_while_it_runs():
    spin = """
  br label %wait
wait:
  %go = load atomic i64, ptr %p0 acquire, align 8
  %still = icmp eq i64 %go, 0
  br i1 %still, label %wait, label %done
done:"""
    f, flag, answers = Jit(plain), np.zeros(1, np.int64), []
    f._install(make(build_entry, [array(1, dtype="i8")], Static("old"), spin, release_gil=True))
    thread = threading.Thread(target=lambda: answers.append(f(flag)))
    thread.start()
    while not answers and f._entry is not None:
        f._install(None)
        gc.collect()
    flag[0] = 1
    thread.join(10)
    assert answers and answers[0] in ("old", ("slow", (flag,), {}))


def test_python_entries_can_be_installed():
    f = Jit(plain)
    f._install(entry(build_python_entry))
    assert f(X)[1] == 1.0
    f._install(lambda *a: "any callable")
    assert f(X) == "any callable"
