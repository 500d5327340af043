"""What a command is about: `file.py:function`, and arguments such as `x=rand(100), n=3`."""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..api.forward import derivative
from ..api.reverse import grad, value_and_grad
from ..inspection.modes import MODES

#: The transformations that `--wrt` chooses arguments of.
WITH_RESPECT_TO: dict[str, Callable] = {
    "grad": grad,
    "value_and_grad": value_and_grad,
    "derivative": derivative,
}


class Refused(Exception):
    """A command cannot be carried out as it was given; the text says what is wrong."""


class Target(NamedTuple):
    """A function, its arguments, and what to make of it: `jad.inspect(f, *args, mode=mode, **kwargs)`."""

    f: Callable
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    mode: str = "value"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Enter TARGET and --args, which `load` reads."""
    parser.add_argument("target", metavar="TARGET", help="file.py:function or package.module:function")
    parser.add_argument(
        "--args",
        default="",
        metavar="'x=rand(100), n=3'",
        help="arguments, as in a call; known are np, rand, randn, zeros, ones, arange, linspace, and the "
        "names of the file; random numbers have a fixed seed",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Enter --json."""
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_mode(parser: argparse.ArgumentParser, default: str = "value") -> None:
    """Enter --mode and --wrt, which `load` reads too."""
    parser.add_argument("--mode", choices=MODES, default=default, help=f"what is compiled ({default})")
    parser.add_argument("--wrt", metavar="x,y", help="arguments of which derivatives are taken (the first)")


def load(options: argparse.Namespace) -> Target:
    """The target that the options name; Refused if they name none."""
    place, _, name = options.target.rpartition(":")
    if not place or not name:
        raise Refused(f"{options.target!r} is not of the form file.py:function")
    module = _module(place)
    f = _function(module, place, name)
    args, kwargs = arguments(f, options.args, vars(module))
    mode = getattr(options, "mode", "value")
    if getattr(options, "wrt", None) is None:
        return Target(f, args, kwargs, mode)
    if mode not in WITH_RESPECT_TO:
        raise Refused(f"--wrt goes with --mode {', '.join(WITH_RESPECT_TO)}, not {mode}")
    places = positions(f, options.wrt)
    argnums = places[0] if len(places) == 1 else places
    return Target(WITH_RESPECT_TO[mode](f, argnums=argnums), args, kwargs)


def arguments(f: Callable, text: str, names: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments that `text` has for `f`, by position as far as they can be; evaluated where `names`
    and those of `_numbers` are known."""
    try:
        call = ast.parse(f"_given({text})", "--args", mode="eval").body
    except SyntaxError as error:
        raise Refused(f"--args {text!r} is not a list of arguments: {error.msg}") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise Refused(f"--args {text!r} is not a list of arguments")
    code = compile(ast.Expression(call), "--args", "eval")
    try:
        args, kwargs = eval(code, {**names, **_numbers(), "_given": _given})
    except Exception as error:
        raise Refused(f"--args {text!r}: {type(error).__name__}: {error}") from error
    return _bound(f, args, kwargs)


def _given(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


def _numbers() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "np": np,
        "rand": lambda *shape: rng.random(shape or None),
        "randn": lambda *shape: rng.standard_normal(shape or None),
        **{name: getattr(np, name) for name in ("zeros", "ones", "arange", "linspace")},
    }


def _bound(f: Callable, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):  # written in C
        return args, kwargs
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise Refused(f"{getattr(f, '__name__', f)}{signature}: {error}; see --args") from None
    return bound.args, bound.kwargs


def positions(f: Callable, wrt: str) -> tuple[int, ...]:
    """The positions of arguments given by name or number."""
    parameters = list(inspect.signature(f).parameters)
    found = []
    for text in (part.strip() for part in wrt.split(",")):
        if text not in parameters and not text.isdecimal():
            raise Refused(f"--wrt: no argument is called {text!r}; there are {', '.join(parameters)}")
        found.append(int(text) if text.isdecimal() else parameters.index(text))
    return tuple(found)


def _module(place: str) -> ModuleType:
    try:
        return _module_of_file(Path(place)) if place.endswith(".py") else _module_by_name(place)
    except Refused:
        raise
    except (Exception, SystemExit) as error:
        at = _line_of(error, place)
        raise Refused(f"{place} cannot be loaded: {type(error).__name__}: {error}{at}") from error


def _module_of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise Refused(f"there is no file {path}")
    sys.path.insert(0, str(path.resolve().parent))
    spec = spec_from_file_location(f"_target_{path.stem}", path.resolve())
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _module_by_name(name: str) -> ModuleType:
    if "" not in sys.path:
        sys.path.insert(0, "")
    return import_module(name)


def _line_of(error: BaseException, place: str) -> str:
    """Where in the file an error arose, in words."""
    line, at = None, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == str(Path(place).resolve()):
            line = at.tb_lineno
        at = at.tb_next
    return "" if line is None else f" (line {line})"


def _function(module: ModuleType, place: str, name: str) -> Callable:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            here = [k for k, x in vars(module).items() if inspect.isfunction(x) and not k.startswith("_")]
            raise Refused(f"{place} has no {name!r}; its functions are {', '.join(here) or 'none'}")
        found = getattr(found, part)
    if not callable(found):
        raise Refused(f"{name} of {place} is a {type(found).__name__}, not a function")
    return found
