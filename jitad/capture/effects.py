"""Which calls leave older Python objects as they are: the only ones that an attempt to roll may make."""

from __future__ import annotations

import builtins
import collections
import copy
import functools
import itertools
import math
from types import FunctionType, MethodType, SimpleNamespace
from typing import Any

import numpy as np

from . import closure
from .attempts import born, changing, consuming
from .attempts import refuse as _refuse
from .names import is_rewritten
from .owners import is_library, is_library_function
from .source import OWN
from .traced import Traced

_PURE = frozenset(
    getattr(builtins, name)
    for name in (
        "abs all any ascii bin bool bytes callable chr complex divmod float format frozenset getattr hasattr "
        "hash hex id int isinstance issubclass len max min oct ord pow range repr round slice str sum "
        "tuple type super"
    ).split()
)
_MAKERS: frozenset[Any] = frozenset(
    {
        *(list, dict, set, bytearray, object, enumerate, zip, map, filter, reversed, sorted, iter),
        *(collections.deque, collections.OrderedDict, collections.defaultdict, collections.Counter),
        *(SimpleNamespace, functools.partial, functools.reduce, copy.copy, copy.deepcopy, math.prod),
        *(v for v in vars(itertools).values() if isinstance(v, type)),
    }
)
#: Methods of mutable containers that only read.
_READING = {
    list: frozenset("index count copy __getitem__ __len__ __contains__".split()),
    dict: frozenset("get keys values items copy fromkeys __getitem__ __len__ __contains__".split()),
    set: frozenset(
        "union intersection difference symmetric_difference issubset issuperset isdisjoint copy "
        "__len__ __contains__".split()
    ),
    collections.deque: frozenset("count index copy".split()),
    bytearray: frozenset("count index find decode hex copy startswith endswith".split()),
}
_WRITING = frozenset(
    "fill sort partition put resize setfield setflags byteswap tofile dump __setitem__ __delitem__ "
    "__setattr__ __delattr__ __init__ __setstate__".split()
)
_IMMUTABLE = (
    str,
    bytes,
    tuple,
    frozenset,
    int,
    float,
    complex,
    range,
    slice,
    type(None),
    np.generic,
    np.dtype,
)
_WRITING_OPERATORS = frozenset({"setitem", "delitem"})
_NUMPY_WRITING = frozenset("copyto put put_along_axis place putmask fill_diagonal at".split())
_NUMPY_OUTSIDE = frozenset(
    "seterr seterrcall setbufsize set_printoptions set_string_function save savez savez_compressed savetxt "
    "load loadtxt genfromtxt fromfile memmap tofile open_memmap".split()
)


def guarded(f: Any, g: Any) -> Any:
    """A function that calls `g` for `f`, unless the call would change an object older than the attempt."""

    def call(*args: Any, **kwargs: Any) -> Any:
        _check(f, args, kwargs)
        out = g(*args, **kwargs)
        return born(out) if _makes(f, out, (*args, *kwargs.values())) else out

    return call


def original(f: FunctionType) -> FunctionType:
    """The function that `Cloner.late` clones when it is called."""
    while f.__code__.co_name == "call" and f.__globals__.get("__name__") == closure.__name__:
        f = f.__wrapped__  # type: ignore[attr-defined]
    return f


def runs_rewritten(f: Any) -> bool:
    """Whether what `f` does is seen anyway: rewritten code, and the functions of jitad."""
    if isinstance(f, MethodType):
        return runs_rewritten(f.__func__)
    if isinstance(f, functools.partial):
        return runs_rewritten(f.func)
    if isinstance(f, FunctionType):
        g = original(f)
        return is_rewritten(g.__code__) or _is_own(g) or (g is not f and closure.is_rewritable(g))
    return not isinstance(f, type) and type(f).__module__.split(".")[0] == "jitad"


def _is_own(f: FunctionType) -> bool:
    return f.__code__.co_filename.startswith(OWN)


def _check(f: Any, args: tuple, kwargs: dict[str, Any]) -> None:
    """Raise Unrollable if the call would have an effect."""
    values = (*args, *kwargs.values())
    for x in values:
        consuming(x)
        if isinstance(x, FunctionType) and not (is_library_function(x) or runs_rewritten(x)):
            _refuse(f"passes {x.__qualname__}, which runs as it is, to {_name(f)}")
    out = kwargs.get("out")
    for x in out if isinstance(out, tuple) else (out,):
        if x is not None:
            changing(x)
    _check_function(f, args)


def _check_function(f: Any, args: tuple) -> None:
    owner = getattr(f, "__self__", None)
    name = getattr(f, "__name__", "")
    if isinstance(f, functools.partial):
        _check(f.func, (*f.args, *args), f.keywords)
    elif isinstance(f, type):
        _check_class(f)
    elif _hashable_in(f, _PURE) or _hashable_in(f, _MAKERS) or isinstance(f, np.ufunc):
        return
    elif f is next:
        consuming(args[0])
    elif f in (setattr, delattr):
        changing(args[0])
    elif isinstance(owner, np.ufunc):
        if name == "at":
            changing(args[0])
    elif owner is not None and type(owner).__name__ != "module":
        _check_method(owner, name)
    elif type(f).__name__ in ("method_descriptor", "wrapper_descriptor"):
        _check_method(args[0], name)
    else:
        _check_library(f, name, args)


def _check_class(cls: type) -> None:
    plain = is_library(cls) and cls.__module__.split(".")[0] in ("numpy", "builtins", "jitad")
    kinds = (BaseException, tuple)
    generated = hasattr(cls, "__dataclass_fields__") and not hasattr(cls, "__post_init__")
    new, init = getattr(cls, "__new__"), getattr(cls, "__init__")  # noqa: B009
    empty = not is_library(cls) and init is object.__init__ and new is object.__new__
    known = _hashable_in(cls, _PURE) or _hashable_in(cls, _MAKERS)
    if not (known or plain or issubclass(cls, kinds) or generated or empty):
        _refuse(f"makes a {cls.__qualname__}, whose code is not rewritten")


def _check_method(owner: Any, name: str) -> None:
    if isinstance(owner, (*_IMMUTABLE, type)):
        return
    for kind, reading in _READING.items():
        if isinstance(owner, kind):
            if name not in reading:
                changing(owner, f"calls {name} of a {type(owner).__name__} that existed before")
            return
    if isinstance(owner, np.ndarray):
        if name in _WRITING:
            changing(owner)
        return
    if not (name.startswith("__") and name not in _WRITING):
        changing(owner, f"calls {name} of a {type(owner).__name__} that existed before")


def _check_library(f: Any, name: str, args: tuple) -> None:
    module = getattr(f, "__module__", None) or ""
    top = module.split(".")[0]
    if top in ("math", "cmath"):
        return
    if top in ("_operator", "operator"):
        if name in _WRITING_OPERATORS or (name.startswith("i") and hasattr(list, f"__{name}__")):
            changing(args[0])
        return
    if top == "numpy" and not module.startswith("numpy.random"):
        if name in _NUMPY_WRITING:
            changing(args[0])
        if name not in _NUMPY_OUTSIDE:
            return
    if module.startswith(("scipy.special", "scipy.linalg")):
        return
    _refuse(f"calls {_name(f)}, which may have an effect outside")


def _hashable_in(f: Any, known: frozenset) -> bool:
    try:
        return f in known
    except TypeError:
        return False


def _makes(f: Any, out: Any, args: tuple) -> bool:
    """Whether the result is an object made by the call."""
    if isinstance(out, Traced) or any(out is x for x in args):
        return False
    if isinstance(out, np.ndarray):
        return out.base is None
    made_by_name = getattr(f, "__name__", "") in ("copy", "keys", "values", "items", "union", "difference")
    return isinstance(f, type) or _hashable_in(f, _MAKERS) or made_by_name


def _name(f: Any) -> str:
    return str(getattr(f, "__qualname__", None) or getattr(f, "__name__", None) or type(f).__qualname__)
