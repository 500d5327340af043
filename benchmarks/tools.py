"""How each tool is made to compute a value and its gradient: adapters from one source to `compare.Call`."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import native
from benchmarks.compare import Call, PythonCall, Tool, leaves
from benchmarks.harness import OURS, OURS_FROM_C

Argnums = int | tuple[int, ...]


def shapes(results: Any) -> list[tuple[int, ...]]:
    """Return the shapes of the arrays in nested tuples."""
    return [leaf.shape for leaf in leaves(results)]


def empty_like(results: Any) -> Any:
    """Return nested tuples of fresh arrays shaped like `results`."""
    if isinstance(results, tuple):
        return tuple(map(empty_like, results))
    return np.empty_like(np.asarray(results))


def ours(function: Callable, arguments: tuple, from_c: bool = True) -> list[Tool]:
    """Return our columns for a compiled function: fresh results, the caller's arrays, the C symbol."""

    def into() -> Call:
        return PythonCall(function, *arguments, out=empty_like(function(*arguments)))

    def symbol() -> Call:
        return native.ours(function.compile(*arguments), arguments, shapes(function(*arguments)))

    tools = [
        Tool(OURS, lambda: PythonCall(function, *arguments), threads=True),
        Tool(f"{OURS} out=", into),
    ]
    return [*tools, Tool(OURS_FROM_C, symbol)] if from_c else tools


def on_device(jax: ModuleType, arguments: tuple) -> tuple:
    """Return the arguments as JAX arrays, so that no copy is part of the time."""
    return tuple(jax.device_put(a) if isinstance(a, np.ndarray) else a for a in arguments)


def jax_call(jax: ModuleType, f: Callable, arguments: tuple) -> PythonCall:
    """Return the call of a compiled JAX function that waits for its results; they become NumPy arrays."""
    compiled, held = jax.jit(f), on_device(jax, arguments)
    call = PythonCall(lambda *a: jax.block_until_ready(compiled(*a)), *held)
    return call


def jax_gradient(make: Callable[[ModuleType], Callable], arguments: tuple, argnums: Argnums = 0) -> Tool:
    """Return JAX's column; `make(jax.numpy)` is the function whose value and gradient are wanted."""

    def call(jax: ModuleType) -> Call:
        return jax_call(jax, jax.value_and_grad(make(jax.numpy), argnums=argnums), arguments)

    return Tool("JAX", call, "jax", threads=True)


def torch_gradient(make: Callable[[ModuleType], Callable], arguments: tuple, argnums: Argnums = 0) -> Tool:
    """Return eager PyTorch's column; `make(torch)` is the function whose value and gradient are wanted."""
    places = argnums if isinstance(argnums, tuple) else (argnums,)

    def call(torch: ModuleType) -> Call:
        f = make(torch)
        tensors = [torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in arguments]
        active = [tensors[i].requires_grad_() for i in places]

        def value_and_gradient() -> tuple:
            value = f(*tensors)
            return value.detach().numpy(), tuple(g.numpy() for g in torch.autograd.grad(value, active))

        return PythonCall(value_and_gradient)

    return Tool("PyTorch", call, "torch", threads=True)


def numpy_by_hand(f: Callable, arguments: tuple) -> Tool:
    """Return the column of derivatives written out with NumPy, products by BLAS."""
    return Tool("NumPy by hand", lambda: PythonCall(f, *arguments), threads=True)


def numba_by_hand(make: Callable[[ModuleType], Callable], arguments: tuple) -> Tool:
    """Return the column of derivatives written out in loops; `make(numba)` is the compiled function."""
    return Tool("Numba by hand", lambda numba: PythonCall(make(numba), *arguments), "numba")


def cpp_by_hand(source: str, function: str, sizes: list[int], inputs: tuple, outputs: list) -> list[Tool]:
    """Return the columns of the C++ adjoint: as the standard says, and with arithmetic reordered freely."""

    def make(*flags: str) -> Callable[[], Call]:
        return lambda: native.by_hand(source, function, sizes, inputs, outputs, *flags)

    return [
        Tool("C++ by hand, from C", make(), from_c=True),
        Tool("C++, fast-math, from C", make("-ffast-math"), from_c=True, compared=False),
    ]
