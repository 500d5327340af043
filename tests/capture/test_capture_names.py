"""Captured names are never stale: cells, globals, defaults, containers; rebound or changed in place."""

import array
import collections
import functools
import types

import config_module
import numpy as np
import pytest
from config_module import Settings

import jitad as jad

X = np.array([1.0, 2.0, 3.0])
NUMBER = 2.0
ARRAY = np.array([1.0, 4.0, 9.0])
FLAGS = np.array([True, False, True])
INDEX = np.array([2, 0])
COUNT = 0
WEIGHTS = [np.ones(3), 2.0]
TABLE = {"w": np.ones(3), "n": {"k": 3.0}}
PAIR = (ARRAY, 2.0)


def check(f, *args, fast=None):
    """Compiled and plain Python agree, at the call that traces and at the next."""
    g = jad.jit(f) if not isinstance(f, jad.Jit) else f
    for _ in range(2):
        np.testing.assert_allclose(g(*args), f(*args) if f is not g else f._function(*args))
    return g


def agree(g, *args):
    np.testing.assert_allclose(g(*args), g._function(*args))


@pytest.fixture(autouse=True)
def restore():
    saved = dict(globals())
    arrays = {k: v.copy() for k, v in saved.items() if isinstance(v, np.ndarray)}
    module = dict(vars(config_module)), config_module.TABLE.copy()
    settings = Settings.rate, Settings.weights
    lists = WEIGHTS[0].copy(), dict(TABLE), TABLE["w"].copy()
    yield
    for k, v in arrays.items():
        saved[k][...] = v
    globals().update({k: v for k, v in saved.items() if not k.startswith("__")})
    vars(config_module).update(module[0])
    config_module.TABLE[:] = module[1]
    Settings.rate, Settings.weights = settings
    WEIGHTS[:] = [lists[0], 2.0]
    TABLE.clear()
    TABLE.update(lists[1])
    TABLE["w"][:] = lists[2]
    TABLE["n"]["k"] = 3.0


def test_a_global_number_is_rebound():
    global NUMBER
    g = check(lambda x: NUMBER * x, X)
    for value in (5.0, 2.0, -0.0, 0.0, np.float32(3), 7):
        NUMBER = value
        agree(g, X)
    NUMBER = 5.0
    agree(g, X)
    assert np.signbit(jad.jit(lambda x: NUMBER * x)(-1.0))


def test_versions_are_kept_for_when_a_name_comes_back():
    global NUMBER
    g = jad.jit(lambda x: NUMBER * x)
    for value in (2.0, 3.0, 2.0, 3.0):
        NUMBER = value
        agree(g, X)
    assert g.cache_info().traces == 2


def test_an_equal_number_is_no_new_trace():
    global NUMBER
    g = jad.jit(lambda x: NUMBER * x)
    for _ in range(5):
        NUMBER = float("2.5")
        agree(g, X)
    assert g.cache_info().traces == 1


def test_a_global_array_is_read_by_reference():
    g = check(lambda x: np.sqrt(ARRAY) * x + ARRAY[1], X)
    for k in range(3):
        ARRAY[:] = k
        agree(g, X)
    assert g.cache_info().traces == 1


def test_a_global_array_is_rebound():
    global ARRAY
    g = check(lambda x: np.sqrt(ARRAY) * x, X)
    for value in (np.ones(3), np.ones(3, np.float32), np.ones((2, 3)), 4.0):
        ARRAY = value
        agree(g, X)


def test_a_captured_array_changes_its_shape():
    a = np.arange(6.0)
    g = check(lambda x: np.sum(a, axis=0) * x, 2.0)
    a.resize((2, 3), refcheck=False)
    agree(g, 2.0)


def test_a_closure_cell_is_rebound_and_changed():
    def make():
        a, k = np.ones(3), 2.0

        def f(x):
            return a * x * k

        def change(b, m):
            nonlocal a, k
            a, k = b, m

        return f, change, a

    f, change, a = make()
    g = check(f, X)
    a[1] = 7
    agree(g, X)
    change(np.full(3, 5.0), 3.0)
    agree(g, X)
    assert g.cache_info().traces == 2


def test_nothing_is_differentiated_through_a_captured_array():
    g = jad.grad(lambda x: np.sum(ARRAY * x**2))
    np.testing.assert_allclose(g(X), 2 * ARRAY * X)
    ARRAY[:] = 2
    np.testing.assert_allclose(g(X), 4 * X)


def test_defaults():
    def f(x, a=ARRAY, *, k=2.0):
        return a * x * k

    g = check(f, X)
    ARRAY[:] = 3
    agree(g, X)
    f.__defaults__ = (np.full(3, 10.0),)
    agree(g, X)
    f.__kwdefaults__["k"] = 4.0
    agree(g, X)


def helper(x):
    return inner_helper(x) * NUMBER


def inner_helper(x):
    return np.sqrt(ARRAY) * x


def test_helper_functions():
    global NUMBER, inner_helper
    g = check(lambda x: helper(x) + 1, X)
    ARRAY[:] = 2
    agree(g, X)
    NUMBER = 7.0
    agree(g, X)
    inner_helper = lambda x: x
    agree(g, X)


def test_functions_in_other_modules():
    g = check(lambda x: config_module.scaled(x) * config_module.TABLE, X)
    config_module.TABLE[:] = 5
    agree(g, X)
    config_module.SCALE = 9.0
    agree(g, X)
    config_module.scaled = lambda x: x
    agree(g, X)


def test_class_attributes():
    g = check(lambda x: Settings.rate * x * np.sqrt(Settings.weights), X)
    Settings.weights[0] = 16.0
    agree(g, X)
    Settings.rate = 3.0
    agree(g, X)
    Settings.weights = np.ones(3)
    agree(g, X)


def test_functions_inside_functions():
    def f(x):
        def g(y):
            return y * NUMBER + np.sqrt(ARRAY)

        return g(x) + sum(h(x) for h in (lambda y: y * ARRAY, np.sin))

    global NUMBER
    g = check(f, X)
    ARRAY[:] = 4
    agree(g, X)
    NUMBER = 1.0
    agree(g, X)


def test_partials_and_decorated_functions():
    def decorate(f):
        @functools.wraps(f)
        def wrapper(x):
            return f(x) * NUMBER

        return wrapper

    @decorate
    def f(x):
        return x + np.sqrt(ARRAY)

    global NUMBER
    p = functools.partial(lambda a, x: np.sqrt(a) * x, ARRAY)
    g, h = check(f, X), check(lambda x: p(x), X)
    NUMBER = 3.0
    ARRAY[:] = 16
    agree(g, X)
    agree(h, X)
    np.testing.assert_allclose(jad.jit(p)(X), p(X))


def test_lists_and_dicts():
    def f(x):
        w, b = WEIGHTS
        return np.sqrt(w) * x + b + TABLE["w"] * TABLE["n"]["k"]

    g = check(f, X)
    WEIGHTS[0][:] = 9
    TABLE["w"][:] = 5
    agree(g, X)
    assert g.cache_info().traces == 1
    WEIGHTS[1] = 5.0
    agree(g, X)
    WEIGHTS[0] = np.full(3, 4.0)
    agree(g, X)
    TABLE["n"]["k"] = 1.0
    agree(g, X)
    TABLE["w"] = 3.0
    agree(g, X)


def test_tuples():
    global PAIR
    g = check(lambda x: np.sqrt(PAIR[0]) * x * PAIR[1], X)
    ARRAY[:] = 25
    agree(g, X)
    PAIR = (ARRAY, 7.0)
    agree(g, X)


def test_index_and_mask_arrays():
    f = lambda x: x[INDEX] * 2 + x[FLAGS]
    g = check(f, X)
    INDEX[0] = 1
    agree(g, X)
    FLAGS[:] = [False, True, True]
    agree(g, X)


def test_python_decisions_on_captured_arrays():
    def f(x):
        if ARRAY.sum() > 10:
            x = 2 * x
        for i in INDEX:
            x = x + x[i]
        return x * float(ARRAY[0]) + np.zeros(int(INDEX[0]) + 1)[0]

    g = check(f, X)
    ARRAY[:] = 1
    agree(g, X)
    INDEX[:] = [1, 1]
    agree(g, X)


def test_unsupported_functions_of_captured_arrays_are_computed():
    f = lambda x: np.linalg.svd(np.outer(ARRAY, ARRAY), compute_uv=False) * x
    g = check(f, X)
    ARRAY[0] = 5
    agree(g, X)


def test_arrays_made_inside_are_constants():
    def f(x):
        a = np.zeros(3)
        y = x + a
        a[0] = 1
        a = a * 2
        return y + x * a + np.arange(3)

    g = check(f, X)
    assert g.cache_info().traces == 1


def test_arrays_that_a_helper_keeps_are_inputs():
    cache = types.SimpleNamespace(grid=None)

    @functools.lru_cache
    def grid(n):
        cache.grid = np.arange(n, dtype=float)
        return cache.grid

    f = lambda x: x * grid(3)
    g = check(f, X)
    cache.grid[:] = 7
    agree(g, X)


def test_an_array_from_outside_that_changes_while_traced():
    box = functools.lru_cache(lambda: np.zeros(3))

    def f(x):
        y = x + box()
        box()[0] += 1
        return y

    with pytest.raises(NotImplementedError, match="was changed while it was traced"):
        jad.jit(f)(X)


def test_a_global_that_the_function_rebinds():
    def f(x):
        global COUNT
        COUNT += 1
        return x * COUNT

    g = jad.jit(f)
    np.testing.assert_allclose([g(2.0), g(2.0), g(2.0)], [2.0, 4.0, 6.0])
    assert COUNT == 3


def test_a_global_that_gets_a_traced_value():
    def f(x):
        global COUNT
        COUNT = x
        return x

    with pytest.raises(NotImplementedError, match=r"stores <traced f64.*> in the global variable 'COUNT'"):
        jad.jit(f)(2.0)
    assert COUNT == 0


def test_lists_that_are_only_added_to():
    seen = []

    def f(x):
        seen.append(x.shape)
        return x

    g = jad.jit(f)
    g(X), g(X)
    assert seen == [(3,)] and g.cache_info().traces == 1


def test_what_is_written_into_a_captured_container_gets_there():
    log = {"w": np.ones(3), "shapes": []}

    def f(x):
        log["shape"] = x.shape
        log["shapes"].append(x.shape)
        return x * log["w"]

    np.testing.assert_array_equal(jad.jit(f)(X), X)
    assert log["shape"] == (3,) and log["shapes"] == [(3,)]
    assert type(log["w"]) is np.ndarray


def test_recursive_functions():
    def f(x, n=3):
        return x * ARRAY if n == 0 else f(x, n - 1) * 2

    g = check(lambda x: f(x), X)
    ARRAY[:] = 2
    agree(g, X)


def test_compiled_functions_inside_traced_ones_see_changes():
    global NUMBER
    h = jad.jit(lambda x: np.sqrt(ARRAY) * x * NUMBER)
    g = jad.jit(lambda x: h(x) + h(np.ones(3)))
    plain = lambda x: np.sqrt(ARRAY) * NUMBER * (x + 1)
    for _ in range(2):
        np.testing.assert_allclose(g(X), plain(X))
    ARRAY[:] = 36
    np.testing.assert_allclose(g(X), plain(X))
    NUMBER = 11.0
    np.testing.assert_allclose(g(X), plain(X))


def test_explain():
    text = jad.explain(lambda x: x * ARRAY * NUMBER + WEIGHTS[1], X)
    assert "reads by reference: ARRAY, f64[3]" in text
    assert "guard: NUMBER is 2.0, compared at each call" in text
    assert "guard: the contents of WEIGHTS, compared in Python: no native entry" in text
    assert "captures no names" in jad.explain(lambda x: np.sin(x), X)


def test_explain_has_a_line_for_each_guard():
    matrices = [np.eye(2), np.ones((2, 2))]
    text = jad.explain(lambda x: matrices[0] @ x, np.ones(2))
    assert all(line[:2] == "  " and line[2] != " " for line in text.splitlines()[1:])


def test_a_closure_cell_that_the_function_rebinds():
    n = 0

    def f(x):
        nonlocal n
        n += 1
        return x * n

    g = jad.jit(f)
    np.testing.assert_allclose([g(2.0), g(2.0), g(2.0)], [2.0, 4.0, 6.0])


def test_functions_that_are_not_called_have_no_guards():
    def never(x):
        return x * NUMBER

    f = lambda x: never(x) if x.ndim > 5 else x
    text = jad.explain(f, X)
    assert "never" in text and "NUMBER" not in text


def test_one_function_reads_a_class_and_another_makes_instances():
    def rate(x):
        return x * Settings.rate

    def check_class(x):
        return rate(x) if isinstance(Settings(), Settings) else x

    agree(jad.jit(lambda x: check_class(x) + rate(x) + check_class(x)), X)


OTHERS = {
    "set": ({1, 2}, lambda c: c.add(5), sum),
    "deque": (collections.deque([1.0, 2.0]), lambda c: c.append(3.0), sum),
    "defaultdict": (collections.defaultdict(float, a=1.0), lambda c: c.update(a=4.0), lambda c: c["a"]),
    "array": (array.array("d", [1.0, 2.0]), lambda c: c.append(3.0), sum),
    "arrays": (
        collections.OrderedDict(w=np.ones(3)),
        lambda c: c["w"].__setitem__(0, 9.0),
        lambda c: np.sqrt(c["w"]),
    ),
    "deep": (
        [[[[[[[1.0]]]]]]],
        lambda c: c[0][0][0][0][0][0].append(2.0),
        lambda c: sum(c[0][0][0][0][0][0]),
    ),
}


@pytest.mark.parametrize("case", OTHERS.values(), ids=OTHERS)
def test_other_containers(case):
    container, change, read = case
    g = check(lambda x: x * read(container), X)
    change(container)
    agree(g, X)
