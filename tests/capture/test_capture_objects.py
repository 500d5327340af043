"""Objects of a user's classes: attributes and methods are guarded, replaced and read by reference."""

from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace

import numpy as np
import pytest

import jitad as jad

X = np.array([1.0, 2.0, 3.0])


class Base:
    bias = np.zeros(3)

    def __init__(self, rate):
        self.rate = rate
        self.w = np.array([1.0, 4.0, 9.0])
        self.children = []

    @property
    def root(self):
        return np.sqrt(self.w)

    def energy(self, x):
        return self.root * x * self.rate + self.bias

    @staticmethod
    def double(x):
        return 2 * x


class Model(Base):
    def __call__(self, x):
        return self.double(self.energy(x)) + sum((c(x) for c in self.children), 0.0)

    def energy(self, x):
        return super().energy(x) * 3

    def __mul__(self, x):
        return self.w * x


def agree(g, *args):
    for _ in range(2):
        np.testing.assert_allclose(g(*args), g._function(*args))


CHANGES = {
    "in place": lambda m: m.w.__setitem__(0, 25.0),
    "array": lambda m: setattr(m, "w", np.full(3, 16.0)),
    "number": lambda m: setattr(m, "rate", 5.0),
    "class attribute": lambda m: setattr(Base, "bias", np.full(3, 2.0)),
    "shadowed": lambda m: setattr(m, "bias", 7.0),
    "child": lambda m: m.children.append(Model(2.0)),
    "method": lambda m: setattr(m, "energy", lambda x: x),
}


@pytest.fixture(autouse=True)
def restore():
    yield
    Base.bias = np.zeros(3)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("way", ["method", "call", "global call", "operator", "passed on"])
def test_changes_are_seen(way, change):
    m = Model(2.0)
    g = {
        "method": lambda: jad.jit(m.energy),
        "call": lambda: jad.jit(m),
        "global call": lambda: jad.jit(lambda x: m(x) * 2),
        "operator": lambda: jad.jit(lambda x: (m * x) * m.root),
        "passed on": lambda: jad.jit(lambda x: use(m, x)),
    }[way]()
    agree(g, X)
    change(m)
    if way == "method":
        g = jad.jit(m.energy)
    agree(g, X)


def use(model, x):
    return model.energy(x) + model.w


def test_arrays_of_objects_keep_the_native_entry(mode):
    m = Model(2.0)
    g = jad.jit(m.energy)
    g(X)
    traces = g.cache_info().traces
    for k in range(3):
        m.w[:] = k
        np.testing.assert_allclose(g(X), m.energy(X))
    assert g.cache_info().traces == traces


def test_objects_keep_their_class_and_what_is_written_into_them():
    m = Model(1.0)

    def f(x):
        assert isinstance(m, Model) and m.__class__ is Model
        m.last_shape = x.shape
        return m.w * x

    jad.jit(f)(X)
    assert m.last_shape == (3,)
    assert type(m.w) is np.ndarray and type(m) is Model


def test_a_traced_value_stored_on_an_object_escapes():
    m = Model(1.0)

    def f(x):
        m.last = x * 2
        return x

    jad.jit(f)(X)
    with pytest.raises(jad.EscapedTraceError, match="escaped from the trace of f"):
        m.last + 1


def test_nothing_is_written_when_tracing_fails():
    m = Model(1.0)

    def f(x):
        m.rate = 3.0
        raise KeyError

    with pytest.raises(KeyError):
        jad.jit(f)(X)
    assert m.rate == 1.0


@dataclass
class Point:
    a: np.ndarray
    k: float

    def apply(self, x):
        return self.a * x * self.k


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


def test_dataclasses_namespaces_and_slots():
    p, n, s = Point(X.copy(), 2.0), SimpleNamespace(a=X.copy(), k=3.0), Slotted(X.copy())
    g = jad.jit(lambda x: p.apply(x) + np.sqrt(n.a) * n.k + x * s.a)
    agree(g, X)
    p.a[0], n.a[1], s.a[2] = 5.0, 6.0, 7.0
    agree(g, X)
    p.k, n.k, s.a = 4.0, 5.0, np.ones(3)
    agree(g, X)


def test_slots_that_are_written():
    s = Slotted(X.copy())

    def f(x):
        s.a, old = x.shape, s.a
        return np.sqrt(old) * x

    np.testing.assert_allclose(jad.jit(f)(X), np.sqrt(X) * X)
    assert s.a == (3,)


class Mode(Enum):
    SLOW = 1
    FAST = 2


MODE = Mode.FAST


def test_enum_members_keep_their_identity():
    global MODE
    g = jad.jit(lambda x: 2 * x if MODE is Mode.FAST else x)
    agree(g, X)
    MODE = Mode.SLOW
    agree(g, X)
    MODE = Mode.FAST


def test_compiled_methods_of_copied_objects():
    import copy

    class Scaled:
        def __init__(self, k):
            self.k = k

        @jad.jit
        def apply(self, x):
            return self.k * x

    a = Scaled(2.0)
    assert a.apply(1.0) == 2.0
    for b in (copy.copy(a), copy.deepcopy(a)):
        b.k = 5.0
        assert (a.apply(1.0), b.apply(1.0)) == (2.0, 5.0)


def test_stand_ins_are_not_announced_to_the_class():
    announced = []

    class Plugin:
        def __init_subclass__(cls, **kwargs):
            announced.append(cls)

        def __init__(self):
            self.w = X.copy()

    p = Plugin()
    g = jad.jit(lambda x: p.w * x)
    agree(g, X)
    assert announced == []


def test_classes_with_metaclasses():
    class Meta(type):
        pass

    class Odd(metaclass=Meta):
        def __init__(self):
            self.w = X.copy()

    p = Odd()
    g = jad.jit(lambda x: np.sqrt(p.w) * x)
    agree(g, X)
    p.w[0] = 49.0
    agree(g, X)
    p.w = np.ones(3)
    agree(g, X)
