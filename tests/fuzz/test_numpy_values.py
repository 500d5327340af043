"""Random NumPy programs give the same compiled: also when called again, by threads, with other captures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

import jitad as jad

from . import numpy_forms as forms
from .budget import programs
from .numpy_programs import Script, as_list, quiet, scripts
from .numpy_runs import bounds, is_float


def other(arguments: list[Any]) -> list[Any]:
    """Arguments of the same types with other values."""
    return [np.flip(a) * 0.75 if np.ndim(a) and is_float(a) else a for a in arguments]


def bits(out: Any) -> list[tuple[Any, ...]]:
    return [(np.asarray(x).dtype, np.shape(x), np.asarray(x).tobytes()) for x in as_list(out)]


@programs(25, scripts())
def test_compiled_is_numpy(script: Script) -> None:
    """Value, dtype and shape; scalars are NumPy scalars; A, B, A gives A's bits again."""
    f = jad.jit(script.function())
    arguments = script.arguments
    want = bounds(f, *arguments)
    want.values = script.run(*arguments)
    first = f(*arguments)
    want.check([np.asarray(x) for x in as_list(first)], "compiled")
    for x in as_list(first):
        assert isinstance(x, np.ndarray) == bool(np.ndim(x)), type(x)
    between = other(arguments)
    second = f(*between)
    assert bits(f(*arguments)) == bits(first) and bits(f(*between)) == bits(second)
    with jad.disable_jit():
        want.check([np.asarray(x) for x in as_list(f(*arguments))], "interpreted")


@programs(6, scripts(size=6))
def test_threads_share_a_compiled_function(script: Script) -> None:
    """Eight threads, of which the first compiles; values and gradients have the bits of a single thread."""
    floats = [k for k, a in enumerate(script.arguments) if is_float(a)]
    f = script.function()

    def loss(*arguments: Any) -> Any:
        return sum(np.sum(x) for x in as_list(f(*arguments)) if x.dtype.kind == "f")

    points = [script.arguments, other(script.arguments)]
    for transform in (lambda: jad.jit(f), lambda: jad.value_and_grad(loss, argnums=tuple(floats))):
        alone = transform()
        want = [bits_of_tree(quiet(alone, *p)) for p in points]
        shared = transform()
        call = lambda k, shared=shared: bits_of_tree(quiet(shared, *points[k % 2]))
        with ThreadPoolExecutor(8) as pool:
            for k, found in enumerate(pool.map(call, range(48))):
                assert found == want[k % 2]


def bits_of_tree(tree: Any) -> list[Any]:
    if isinstance(tree, (tuple, list)):
        return [b for x in tree for b in bits_of_tree(x)]
    return bits(tree)


CAPTURING = (forms.SMOOTH, forms.WHERE, [t for t in forms.SMOOTH + forms.WHERE if "{k}" in t])


@programs(8, scripts(groups=CAPTURING, size=6).filter(lambda script: script.outside))
def test_closures_of_one_code_object_keep_their_captures_apart(script: Script) -> None:
    """Two closures, called in turns; then one captured array changes in place, and one name is rebound."""
    closed = ", ".join(script.outside)
    inner = "".join(f"    {line}\n" for line in script.source.splitlines())
    maker = Script(f"def f({closed}):\n{inner}    return f\n", [])
    make = maker.function()
    first = {name: a.copy() for name, a in script.outside.items()}
    second = {name: np.flip(a) * 0.5 - 0.25 for name, a in script.outside.items()}
    plain = [make(*captured.values()) for captured in (first, second)]
    fast = [jad.jit(f) for f in plain]
    for _ in range(2):
        for f, g in zip(plain, fast):
            _same(f, g, script.arguments)
    for array in first.values():
        array += 0.125
    for f, g in zip(plain, fast):
        _same(f, g, script.arguments)
    for cell in plain[1].__closure__ or ():
        if isinstance(cell.cell_contents, np.ndarray):
            cell.cell_contents = cell.cell_contents * 0.5
    for f, g in zip(plain, fast):
        _same(f, g, script.arguments)


def _same(f: Any, g: Any, arguments: list[Any]) -> None:
    want = bounds(g, *arguments)
    want.values = [np.asarray(x) for x in as_list(quiet(f, *arguments))]
    want.check([np.asarray(x) for x in as_list(g(*arguments))], "closure")
