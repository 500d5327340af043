"""What a call in rewritten code runs: a replacement, the clone of a user's function, or the thing itself."""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import Enum
from types import FunctionType, MethodType
from typing import Any
from weakref import WeakKeyDictionary

from . import calls, closure
from .attempts import born, recorders, watched
from .effects import guarded, original, runs_rewritten
from .owners import is_library, is_library_function
from .redirect import REDIRECTS
from .trace import stack

_library_types: WeakKeyDictionary[type, bool] = WeakKeyDictionary()


def callee(f: Any) -> Any:
    """What to call for `f`; `f` itself when no trace is open.

    Replacements of `REDIRECTS` come first; then users' functions, methods, partials, objects with `__call__`
    and classes run as rewritten clones. In an attempt to roll a loop, other calls are watched for effects.
    """
    if not stack():
        return f
    kind = type(f)
    if kind is FunctionType or is_library_type(kind):
        try:
            found = REDIRECTS.get(f)
        except TypeError:
            found = None
        if found is not None:
            return guarded(f, found) if watched() else found
    g = _clone(f, kind)
    function = calls.function_of(g)
    if function is not None:
        return functools.partial(_calls().run, g, function)
    return guarded(g, g) if watched() and not runs_rewritten(g) else g


def _calls() -> calls.Calls:
    cloner = _cloner()
    if cloner.calls is None:
        cloner.calls = calls.Calls()
    return cloner.calls


def is_library_type(kind: type) -> bool:
    """Whether a class is not the user's; remembered by class."""
    known = _library_types.get(kind)
    if known is None:
        known = _library_types[kind] = is_library(kind)
    return known


def _clone(f: Any, kind: type) -> Any:
    if kind is FunctionType:
        f = original(f)
        return f if is_library_function(f) else _cloner().function(f)
    if kind is MethodType:
        g = _clone(f.__func__, type(f.__func__))
        return f if g is f.__func__ else MethodType(g, f.__self__)
    if kind is functools.partial:
        g = _clone(f.func, type(f.func))
        return f if g is f.func else functools.partial(g, *f.args, **f.keywords)
    if isinstance(f, type):
        return _constructor(f)
    if not is_library_type(kind):
        # Not that of a stand-in (see `objects`), which leads to the same function.
        calls = (vars(c).get("__call__") for c in kind.__mro__)
        call = next((c for c in calls if isinstance(c, FunctionType) and not is_library_function(c)), None)
        if call is not None:
            return MethodType(_cloner().function(call), f)
    return f


def _cloner() -> closure.Cloner:
    return closure.of_trace(stack()[-1])


def _constructor(cls: type) -> Callable[..., Any]:
    """A user's class whose `__new__` and `__init__` run as clones; others as they are."""
    if is_library_type(cls) or issubclass(cls, (Enum, BaseException)):
        return cls
    new: Any = cls.__new__
    init: Any = getattr(cls, "__init__")  # noqa: B009
    users_new, users_init = _is_users(new), _is_users(init)
    ordinary = type(cls).__call__ is type.__call__ and (users_new or new is object.__new__)
    if not ordinary or not (users_new or users_init):
        return cls

    def construct(*args: Any, **kwargs: Any) -> Any:
        for recorder in recorders():
            recorder.refuse(f"makes a {cls.__qualname__}")
        cloner = _cloner()
        obj = cloner.function(new)(cls, *args, **kwargs) if users_new else object.__new__(cls)
        if users_new and not isinstance(obj, cls):
            return obj
        born(obj)
        made = (cloner.function(init) if users_init else init)(obj, *args, **kwargs)
        if made is not None:
            raise TypeError(f"__init__() should return None, not {type(made).__name__!r}")
        return obj

    return construct


def _is_users(f: Any) -> bool:
    """Whether `f` is written in Python, in a file, by the user; generated methods of dataclasses are not."""
    return isinstance(f, FunctionType) and not is_library_function(f) and f.__code__.co_filename != "<string>"
