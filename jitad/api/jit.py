"""jit: a Python function, compiled once for every set of argument types it is called with."""

from __future__ import annotations

import functools
import inspect
import pickle
import sys
import weakref
from collections.abc import Callable, Sequence
from types import FunctionType, MethodType
from typing import Any

from .. import pipeline
from ..capture import closure
from ..capture.leaves import LeafType
from ..capture.run import Program, function_name
from ..capture.source import at, user_line
from ..capture.trace import tracing
from ..native.callable import NativeCallable
from . import debug
from .binding import Binder, Call, name_of, names_of, positions_of
from .cache import Cache
from .cacheinfo import CacheInfo
from .compiled import Compiled
from .config import budget, interpreting, nan_search
from .version import Version

#: Native entries tried in one call.
MAX_ENTRIES = 4
#: Compiled vjp, jvp and linearize kept for bound methods and other callables that are not functions.
MAX_KEPT = 64


class Jit(NativeCallable):
    """A compiled function: what `jit` and the other transformations return.

    Called like the Python function. The first call with new argument types traces, optimises and compiles;
    later ones check types and captured names in native code and run.
    """

    def __init__(
        self,
        f: Callable,
        transform: Callable[[Callable, int], Callable] | None = None,
        *,
        static_argnums: int | Sequence[int] | None = None,
        static_argnames: str | Sequence[str] | None = None,
        specialize: bool = False,
        eager: bool = False,
        name: str = "",
    ) -> None:
        """`transform(f, skipped)` is what runs under the trace; None: `f` itself.

        skipped     how many parameters of the definition a bound method has swallowed (0 or 1)
        specialize  one version for each size of an argument
        eager       sizes are values of the program from the first call on
        name        of the result, if not that of `f`
        """
        if not callable(f):
            raise TypeError(f"expected a function, got {f!r}")
        self._function = f
        self._transform = transform
        self._implementation = f if transform is None else transform(f, 0)
        self._static = inherited(f, static_argnums, static_argnames)
        self._binder = Binder(f, *self._static)
        self._specialize = specialize or specialized(f)
        self._cache = Cache(self._binder, self._trace, self._specialize, eager)
        self._chain: list[tuple[Version, Call]] = []
        self._lock = self._cache.lock
        functools.update_wrapper(self, f, updated=())
        self.__name__ = name or function_name(f)
        if transform is not None:
            self._implementation.__name__ = self.__name__
            self._implementation.__wrapped__ = f  # type: ignore[attr-defined]
            self.__qualname__ = _beside(name_of(f), self.__name__)
            made = f"{self.__name__}: made by jitad from {name_of(f)}{inspect_signature(f)}."
            self.__doc__ = f"{made}\n\n{f.__doc__}" if f.__doc__ else made

    def _call_slow(self, *args: Any, **kwargs: Any) -> Any:
        if tracing():
            if "out" in kwargs and not self._binder.takes_out:
                raise NotImplementedError(
                    f"out= of {self.__name__} inside a traced function{at(user_line(3))}"
                )
            if self._binder.has_static:
                self._binder.bind(args, kwargs)  # refuses traced values in static places
            return closure.clone(self._implementation)(*args, **kwargs)
        out = None if self._binder.takes_out else kwargs.pop("out", None)
        call = self._binder.bind(args, kwargs)
        version = self._version(call)
        out = None if out is None else version.out_leaves(out)
        if nan_search():
            return _looked_at(version, call.leaves, out)
        if interpreting():
            return version.interpret(call.leaves, out)
        result = version.run(call.leaves, out)
        if not version.entry_made and budget() is None:
            self._add_entry(version, call)
        return result

    def _version(self, call: Call) -> Version:
        """The version for these arguments whose guards hold; traced if there is none."""
        return self._cache.version(call)

    def _trace(self, types: list[LeafType], names: list[str], call: Call) -> Program:
        def run(f: Callable, leaves: Sequence[Any]) -> Any:
            args, kwargs = self._binder.merged(call, leaves)
            return f(*args, **kwargs)

        return pipeline.trace(self._implementation, types, names, run)

    def _add_entry(self, version: Version, call: Call) -> None:
        """Put the version in front of the chain of native entries."""
        version.entry_made = True
        with self._lock:
            chain = _ordered([(version, call), *self._chain])
            entry: Any = self._call_slow
            for v, c in reversed(chain):
                static = {i: x for i, x in c.static if isinstance(i, int)}
                made = v.callable_entry(c.spec, static, entry)
                if made is None:
                    return
                entry = made
            for v, _ in self._chain:
                v.entry_made = any(v is w for w, _ in chain)
            self._chain = chain
            self._install(entry)

    def compile(self, *args: Any, **kwargs: Any) -> Compiled:
        """Compile ahead of time for the types of these arguments; the values do not matter, static ones
        aside.

        Returns a `Compiled` with the address of the native function, its text at every stage, and a call that
        takes arguments of exactly these types.
        """
        call = self._binder.bind(args, kwargs)
        return Compiled(self, self._version(call), call)

    def cache_info(self) -> CacheInfo:
        """The versions that exist, and why each was made: printed, a table.

        Its attributes are `traces` and `versions`, how many were made and are kept, and `entries`: for each
        version the types of its arguments, how many sizes are values, the reason, and the seconds it took.
        """
        return self._cache.info()

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else self._bound_to(instance)

    def _bound_to(self, instance: Any) -> Jit:
        """This function as a method of `instance`, with versions of its own."""
        if not hasattr(instance, "__dict__"):
            return _kept_for_others(
                MethodType(self._function, instance), self, lambda: self._bind_method(instance)
            )
        key = f"_jitad_{self.__qualname__}"  # not the name alone: a method may call that of its base class
        known = instance.__dict__.get(key)
        # A copied instance brings along the method of its original.
        if (
            isinstance(known, Jit)
            and getattr(known._function, "__self__", None) is instance
            and known._unbound is self
        ):
            return known
        bound = instance.__dict__[key] = self._bind_method(instance)
        bound._unbound = self
        return bound

    def _bind_method(self, instance: Any) -> Jit:
        numbers, names = self._static
        transform = self._transform
        return Jit(
            self._function.__get__(instance, type(instance)),
            None if transform is None else lambda f, skipped: transform(f, skipped + 1),
            static_argnums=tuple(n - 1 if n > 0 else n for n in numbers if n != 0),
            static_argnames=names,
            specialize=self._specialize,
            name=self.__name__,
        )

    def __reduce__(self) -> Any:
        """By reference: a name in the function's module, or the method of an object."""
        owner = getattr(self._function, "__self__", None)
        if owner is not None and isinstance(getattr(type(owner), self._function.__name__, None), Jit):
            return getattr, (owner, self._function.__name__)
        module = sys.modules.get(self.__module__)
        for name, value in vars(module).items() if module is not None else ():
            if value is self:
                return name
        raise pickle.PicklingError(
            f"{self!r} is pickled by reference, but no name of module {self.__module__} refers to it"
        )

    def __repr__(self) -> str:
        return f"<jitad function {name_of(self)}{inspect_signature(self)}>"


def _looked_at(version: Version, leaves: Sequence[Any], out: Sequence[Any] | None) -> Any:
    """Run a version, and look for NaN and infinities in its results."""
    before = debug.kept(version, leaves, out)
    result = version.interpret(leaves, out) if interpreting() else version.run(leaves, out)
    debug.look(version, before, leaves, result)
    return result


def _ordered(chain: list[tuple[Version, Call]]) -> list[tuple[Version, Call]]:
    """The newest entries; those for known sizes come before those in which sizes are values."""
    general = sorted((e for e in chain if e[0].sizes), key=lambda e: len(e[0].sizes))[: MAX_ENTRIES // 2]
    return [e for e in chain if not e[0].sizes][: MAX_ENTRIES - len(general)] + general


def kept_on(f: Callable, key: Any, make: Callable[[], Jit]) -> Jit:
    """`make()` once for each function and key.

    It is kept on the function, so that it lives as long as that; for bound methods and the like, which
    come and go, the last few are kept here.
    """
    if not isinstance(f, (FunctionType, Jit)):
        return _kept_for_others(f, key, make)
    state = f.__dict__
    kept = state.get("_jitad")
    # functools.wraps copies attributes to another function.
    if kept is None or kept[0]() is not f:
        kept = state["_jitad"] = weakref.ref(f), {}
    if key not in kept[1]:
        kept[1][key] = make()
    return kept[1][key]


def of_primals(
    transformation: Callable, f: Callable, static: dict[str, Any], specialize: bool, **options: Any
) -> Jit:
    """`transformation(f, *primals, …)` as a compiled function of the primals, made once.

    static, options  its options about static arguments, and the others
    """
    options |= static
    key = (specialize, *[tuple(x) if isinstance(x, list) else x for x in options.values()])

    def make() -> Jit:
        transform = lambda f, _: lambda *primals: transformation(f, *primals, **options)
        name = f"{transformation.__name__}_{function_name(f)}"
        return Jit(f, transform, name=name, specialize=specialize, **static)

    return kept_on(f, (transformation, *key), make)


_others: dict[Any, Jit] = {}


def _kept_for_others(f: Callable, key: Any, make: Callable[[], Jit]) -> Jit:
    try:
        found = _others.pop((f, key), None) or make()
    except TypeError:  # not hashable
        return make()
    _others[f, key] = found
    while len(_others) > MAX_KEPT:
        _others.pop(next(iter(_others)), None)
    return found


def inherited(f: Any, numbers: Any, names: Any) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Static parameters of a transformation of `f`: those given, and those that `f` has already."""
    more = f._static if isinstance(f, Jit) else ((), ())
    return (*positions_of(numbers, "static_argnums"), *more[0]), (
        *names_of(names, "static_argnames"),
        *more[1],
    )


def specialized(f: Any) -> bool:
    """Whether `f` asks for one version for each size."""
    return isinstance(f, Jit) and f._specialize


def static_places(f: Any, numbers: Any, names: Any, count: int) -> tuple[int, ...]:
    """Which of `count` positional arguments are static: those given, and those that `f` has already."""
    static = inherited(f, numbers, names)
    return tuple(sorted(i for i in Binder(f, *static).static_numbers if i < count)) if any(static) else ()


def _beside(qualname: str, name: str) -> str:
    """The qualified name of something called `name` where `qualname` is."""
    head, dot, _ = qualname.rpartition(".")
    return head + dot + name


def inspect_signature(f: Any) -> str:
    """The signature as text; empty if there is none."""
    try:
        return str(inspect.signature(f))
    except (TypeError, ValueError):
        return "(...)"


def jit(
    f: Callable | None = None,
    *,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
    specialize: bool = False,
) -> Any:
    """Compile `f`, once for every set of argument types.

    f                function of arrays, numbers and trees of them (tuples, lists, dicts, named tuples,
                     dataclasses), written with NumPy
    static_argnums   positions of arguments whose value, not only type, is compiled in: sizes, flags, strings.
                     They must be hashable; each new value means a new compilation
    static_argnames  the same by name
    specialize       compile for each size of an argument. Otherwise the first call compiles for its sizes,
                     and the first with others once more, with sizes that differ as values of the program

    Returns a function with the same arguments, and `out=`: the tree of the result with arrays to write into,
    or None where a new one is wanted. Results are NumPy scalars for shape () and fresh arrays otherwise.
    Python numbers are traced as weakly typed values. Arrays of any layout and byte order are taken; those
    that are contiguous, aligned and in native order are read in place.

    Arguments that `f` mutates are written back into the caller's arrays when it has ended without an error;
    where it returns one, the result is the caller's own array. NotImplementedError if a mutated array shares
    memory with another input.

    Arrays that `f` reads from closures, globals, defaults and `self` are read by reference at each call;
    other captured names are guarded, and `f` is traced again when one has changed (`explain` lists them).

    Raises ValueError for a read-only array that `f` mutates, TypeError for arguments that are no arrays or
    numbers, NotImplementedError for NumPy functions and
    Python control flow that cannot be traced; both name the line.
    """
    if f is None:
        return functools.partial(
            jit, static_argnums=static_argnums, static_argnames=static_argnames, specialize=specialize
        )
    return Jit(f, static_argnums=static_argnums, static_argnames=static_argnames, specialize=specialize)
