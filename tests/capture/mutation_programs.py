"""Random programs of views and writes, as text that runs in NumPy and under a trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st


def _slice(draw: Any, n: int) -> str:
    """A slice of an axis of length n, not empty."""
    step = draw(st.sampled_from([1, 1, 1, 2, -1, -2]))
    first = draw(st.integers(0, n - 1))
    if step > 0:
        stop = draw(st.integers(first + 1, n))
        return f"{first}:{stop}" + (f":{step}" if step != 1 else "")
    stop = draw(st.integers(-1, first - 1))
    return f"{first}:{'' if stop < 0 else stop}:{step}"


def _number(draw: Any, n: int) -> str:
    """An index of an axis: static, counted from the end, or traced; `i` is 0 and `j` is 1 when it runs."""
    choices = [str(draw(st.integers(-n, n - 1))), "i"] + (["j", "-j"] if n > 1 else [])
    return draw(st.sampled_from(choices))


def basic_key(draw: Any, shape: tuple[int, ...], leave: int = 0) -> str:
    """A basic key; at least `leave` axes are left."""
    parts, left = [], len(shape)
    for n in shape:
        if left > leave and draw(st.booleans()):
            parts.append(_number(draw, n))
            left -= 1
        else:
            parts.append(draw(st.sampled_from([":", _slice(draw, n)])))
    if draw(st.integers(0, 5)) == 0:
        parts.insert(draw(st.integers(0, len(parts))), "None")
    if draw(st.integers(0, 5)) == 0:
        parts.insert(draw(st.integers(0, len(parts))), "...")
    return ", ".join(parts) or "..."


def array_key(draw: Any, shape: tuple[int, ...]) -> str:
    """A key with an index array or a concrete mask on one axis."""
    axis = draw(st.integers(0, len(shape) - 1))
    n = shape[axis]
    places = draw(st.lists(st.integers(-n, n - 1), min_size=1, max_size=4))
    mask = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    parts = [draw(st.sampled_from([":", _slice(draw, m), _number(draw, m)])) for m in shape]
    parts[axis] = draw(st.sampled_from([repr(places), "k", repr(mask)])) if n > 1 else repr(places)
    return ", ".join(parts)


def _view(draw: Any, name: str, x: np.ndarray) -> str:
    forms = [f"{name}.T", f"{name}.ravel()", f"{name}.reshape(-1)", f"np.flip({name})", f"{name}[None]"]
    if x.ndim > 1:
        forms += [
            f"np.swapaxes({name}, 0, 1)",
            f"np.moveaxis({name}, 0, -1)",
            f"{name}.reshape(-1, {x.shape[0]})",
        ]
        forms += [f"np.split({name}, [1])[0]", f"np.squeeze({name})", f"np.rot90({name})"]
    forms += [f"{name}[{basic_key(draw, x.shape, 1)}]"] * 6
    return draw(st.sampled_from(forms))


def _update(draw: Any, name: str, x: np.ndarray, others: list[str]) -> str:
    kind = draw(st.integers(0, 9))
    value = draw(st.sampled_from(["2.5", "s", "s * 2", "7", "True"]))
    if kind < 4 or not x.ndim:
        key = basic_key(draw, x.shape)
        return f"{name}[{key}] {draw(st.sampled_from(['=', '+=', '*=', '-=']))} {value}"
    if kind < 6:
        return f"{name}[{array_key(draw, x.shape)}] {draw(st.sampled_from(['=', '+=', '*=']))} {value}"
    if kind == 6:
        return f"{name} {draw(st.sampled_from(['+=', '*=', '/=', '-=']))} {value}"
    if kind == 7:
        return f"{name}[{name} > 0.5] = {value}"
    other = draw(st.sampled_from(others))
    return f"{name}[...] = np.sin({other}).sum() + {name}[::-1]"


def environment() -> dict[str, Any]:
    """The arguments of a program."""
    a = np.linspace(-1.0, 1.5, 12).reshape(3, 4)
    return {"a": a, "s": np.float64(1.25), "i": np.int64(0), "j": np.int64(1), "k": np.array([1, 0, -1, 1])}


@st.composite
def programs(draw: Any, length: int = 8) -> list[str]:
    """Statements; every one is tried in NumPy first, and kept if it runs there."""
    env: dict[str, Any] = {**environment(), "np": np}
    lines: list[str] = []

    def attempt(line: str) -> None:
        trial = {**env}
        backup = {k: v.copy() for k, v in env.items() if isinstance(v, np.ndarray)}
        try:
            with np.errstate(all="ignore"):
                exec(line, trial)
        except (IndexError, ValueError, TypeError):
            for k, v in backup.items():
                if env[k].flags.writeable:
                    env[k][...] = v
            return
        env.update({k: v for k, v in trial.items() if k != "__builtins__"})
        lines.append(line)

    attempt("v0 = a.copy()")
    for n in range(1, length):
        names = [k for k in env if k.startswith("v") and isinstance(env[k], np.ndarray) and env[k].size]
        name = draw(st.sampled_from(names))
        if draw(st.booleans()) and env[name].ndim:
            attempt(f"v{n} = {_view(draw, name, env[name])}")
        else:
            attempt(_update(draw, name, env[name], names))
    names = sorted(k for k in env if k.startswith("v"))
    lines.append(f"result = ({', '.join(names)},)")
    return lines


def function(lines: list[str]) -> Callable[..., Any]:
    """The program as a function of the values of `environment`."""
    text = "def f(a, s, i, j, k):\n" + "".join(f"    {line}\n" for line in lines) + "    return result\n"
    space: dict[str, Any] = {"np": np}
    exec(text, space)
    return space["f"]
