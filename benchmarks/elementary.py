"""Each elementary function of 10 000 numbers that are in the cache: time beside NumPy, SciPy and JAX."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from scipy import special

import jitad as jad
from benchmarks.compare import Call, PythonCall, Tool, measure
from benchmarks.harness import OURS, Report, Row, Target, ratio
from benchmarks.tools import jax_call

N = 10**4
NUMPY, JAX = "NumPy, SciPy", "JAX"

#: Where NumPy and SciPy are slower than they need be, more is asked for.
FAR_FASTER = ("sin", "cos", "power", "erf", "gammaln")

WIDE, POSITIVE, UNIT = (-10.0, 10.0), (0.01, 100.0), (-0.99, 0.99)

#: Each function with the intervals from which its arguments are drawn.
FUNCTIONS: dict[str, tuple[tuple[float, float], ...]] = {
    "exp": (WIDE,),
    "exp2": (WIDE,),
    "expm1": (WIDE,),
    "log": (POSITIVE,),
    "log2": (POSITIVE,),
    "log10": (POSITIVE,),
    "log1p": ((-0.9, 100.0),),
    "logaddexp": (WIDE, WIDE),
    "sin": (WIDE,),
    "cos": (WIDE,),
    "tan": (WIDE,),
    "arcsin": (UNIT,),
    "arccos": (UNIT,),
    "arctan": (WIDE,),
    "arctan2": (WIDE, WIDE),
    "sinh": (WIDE,),
    "cosh": (WIDE,),
    "tanh": (WIDE,),
    "arcsinh": (WIDE,),
    "arccosh": ((1.0, 100.0),),
    "arctanh": (UNIT,),
    "cbrt": (WIDE,),
    "power": (POSITIVE, (-3.0, 3.0)),
    "hypot": (WIDE, WIDE),
    "erf": ((-4.0, 4.0),),
    "erfc": ((-4.0, 4.0),),
    "gammaln": (POSITIVE,),
    "digamma": (POSITIVE,),
    "expit": (WIDE,),
}


def ufunc(name: str) -> np.ufunc:
    """Return NumPy's or SciPy's ufunc of that name."""
    return getattr(np, name, None) or getattr(special, name)


def of_ufunc(f: np.ufunc, arity: int):
    """Return the Python function that users would write around the ufunc."""
    return (lambda x: f(x)) if arity == 1 else (lambda x, y: f(x, y))


def sample(name: str, dtype: str) -> tuple[np.ndarray, ...]:
    """Return arguments of the function, the same ones each time."""
    rng = np.random.default_rng(1)
    return tuple(rng.uniform(low, high, N).astype(dtype) for low, high in FUNCTIONS[name])


def with_jitad(name: str, arguments: tuple) -> Tool:
    """Return our column, results into the caller's array."""
    f = jad.jit(of_ufunc(ufunc(name), len(arguments)))
    return Tool(OURS, lambda: PythonCall(f, *arguments, out=np.empty_like(arguments[0])))


def with_numpy(name: str, arguments: tuple) -> Tool:
    """Return the column of NumPy's or SciPy's ufunc, results into the caller's array."""
    return Tool(NUMPY, lambda: PythonCall(ufunc(name), *arguments, out=np.empty_like(arguments[0])))


def with_jax(name: str, arguments: tuple) -> Tool:
    """Return JAX's column, fresh results."""

    def call(jax: ModuleType) -> Call:
        import jax.scipy.special as jsp

        f = getattr(jax.numpy, name, None) or getattr(jsp, name)
        return jax_call(jax, lambda *xs: f(*xs), arguments)

    return Tool(JAX, call, "jax")


def row(name: str, dtype: str) -> Row:
    """Measure one function in one precision."""
    arguments = sample(name, dtype)
    with_all = [make(name, arguments) for make in (with_jitad, with_numpy, with_jax)]
    rtol = 1e-11 if dtype == "f8" else 2e-5
    return measure(
        f"{name} {dtype}",
        with_all,
        (ufunc(name)(*arguments),),
        rtol,
        rounds=3,
        traffic=float(sum(a.nbytes for a in arguments) + arguments[0].nbytes),
    )


def worst(text: str, rows: list[Row], peer: str, limit: float) -> Target:
    """Return the target that no function of `rows` takes more than `limit` of the peer's time."""
    found = [(q, row.work) for row in rows if (q := ratio(row.cells[OURS], row.cells[peer])) is not None]
    most = max(found, default=(None, "–"))
    within = sum(q <= limit for q, _ in found)
    return Target(f"{text} beside {peer}: {within} of {len(found)}, worst {most[1]}", most[0], limit, "×")


def run() -> Report:
    """Measure each function in both precisions."""
    double = {name: row(name, "f8") for name in FUNCTIONS}
    single = {name: row(name, "f4") for name in FUNCTIONS}
    return Report(
        "Elementary functions",
        f"Values of {N} numbers in the cache, one thread; ours and NumPy's into the caller's array. JAX's\n"
        "call costs some microseconds however little there is to do.",
        [*double.values(), *single.values()],
        [
            worst("f64", list(double.values()), NUMPY, 1.0),
            worst("f64", list(double.values()), JAX, 1.0),
            worst("f64", [double[name] for name in FAR_FASTER], NUMPY, 0.3),
            worst("f32", list(single.values()), NUMPY, 1.0),
            worst("f32", list(single.values()), JAX, 1.0),
        ],
    )
