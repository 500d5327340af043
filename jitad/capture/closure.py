"""Captured names: arrays that a function reads from outside become inputs, every other name gets a guard.

A user's function is not traced itself but a clone of it, whose globals and closure cells hold traced inputs
in place of arrays, and clones of the user's functions, objects and containers that lead to more of them.
What the clones write into such copies is carried over to the originals when the trace has ended well.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from enum import Enum
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..ir.named import named
from ..ir.types import is_supported
from .attempts import recorders
from .copies import Copies
from .guards import CONTAINERS, CellGuard, ContentGuard, DefaultsGuard, DictGuard
from .handles import state_of
from .hidden import HiddenInput, hidden, hidden_attributes
from .names import Path, names_of
from .objects import ModuleStandIn, object_stand_in, stands_in
from .owners import is_library, is_library_function
from .trace import Trace, current_trace
from .traced import Traced
from .watch import watch_class

#: How deep lists, dicts and objects inside each other are followed.
_DEPTH = 16
#: Methods that change a list or dict without looking at what is in it.
_ADDING = frozenset({"append", "appendleft", "add", "extend", "insert", "clear"})


def clone(f: Callable) -> Callable:
    """`f` with what it captures replaced, for the innermost open trace; library functions as they are."""
    return of_trace(current_trace()).callable(f)


def of_trace(trace: Trace) -> Cloner:
    """The cloner of a compilation: one for all the traces inside its outermost one."""
    root = trace.root
    if root.cloner is None:
        root.cloner = Cloner(root)
    return root.cloner


def _rewritten(f: FunctionType, module: dict[str, Any], cells: dict[str, CellType]) -> FunctionType:
    """`f` with these globals and cells, and with its code rewritten if it can be."""
    # Imported when first needed: the rewrite needs `ast`, and the operators need this module.
    from . import operators
    from .rewrite import OPERATORS, rewrite

    code = rewrite(f).code or f.__code__
    operators_cell = CellType(operators)
    closure = tuple(
        cells[name] if name in cells else operators_cell if name == OPERATORS else CellType()
        for name in code.co_freevars
    )
    out = FunctionType(code, module, f.__name__, None, closure)
    out.__qualname__ = f.__qualname__
    return out


def is_rewritable(f: FunctionType) -> bool:
    """Whether clones of `f` run rewritten code."""
    from .rewrite import rewrite

    return rewrite(f).code is not None


class Cloner:
    """Clones made for one outermost trace, each original once."""

    def __init__(self, root: Trace) -> None:
        self.root = root
        self.captures = root.captures
        self.copies = Copies()
        self._clones: dict[FunctionType, FunctionType] = {}
        self._inside: dict[int, dict[str, Any]] = {}
        self._paths: dict[tuple[int, str], set[Path]] = {}
        self._guarded: set[Any] = set()
        self.watched: set[FunctionType] = set()
        self.calls: Any = None  # of the functions of this trace (`calls.Calls`)
        self._depth = 0
        self._in_container = False

    # callables

    def callable(self, f: Any) -> Any:
        """A function, bound method, partial or object with `__call__`, cloned."""
        if isinstance(f, FunctionType):
            return self.function(f)
        if isinstance(f, (MethodType, functools.partial)):
            return self.replace(f, {()}, getattr(f, "__name__", "f"))
        if not isinstance(f, (type, np.ufunc)) and not is_library(type(f)):
            call = type(f).__call__
            if isinstance(call, FunctionType):
                return self.method(call, f)
        return f

    def function(self, f: FunctionType) -> FunctionType:
        """A clone of `f` that reads the replacements of its names."""
        if id(f.__globals__) in self._inside or is_library_function(f):
            return f
        known = self._clones.get(f)
        if known is not None:
            self._ran(known)
            return known
        names = names_of(f.__code__)
        module = self._globals(f.__globals__)
        cells = {
            # The cell that super() reads stays the class.
            name: self._cell(
                cell,
                name,
                {()} if name == "__class__" else names.free.get(name, {()}),
                name in names.written_free,
            )
            for name, cell in zip(f.__code__.co_freevars, f.__closure__ or ())
        }
        out = self._clones[f] = _rewritten(f, module, cells)
        for name, paths in names.globals.items():
            if name == "open" and name not in f.__globals__:
                self.copies.put(module, name, hidden(builtins.open, name))
            elif name in f.__globals__:
                self._global(f.__globals__, module, name, paths, name in names.written_globals)
        if "super" in names.globals:
            self._bases(f)
        self._defaults(f, out)
        out.__dict__.update(f.__dict__)
        self._ran(out)
        return out

    def _ran(self, f: FunctionType) -> None:
        """A clone is about to run: calls that are being watched read what it reads."""
        for recorder in recorders():
            recorder.executed[f] = None

    def late(self, f: FunctionType) -> Callable:
        """A function found under a name: cloned, and its own names guarded, when it is called."""
        if id(f.__globals__) in self._inside or is_library_function(f):
            return f

        @functools.wraps(f)
        def call(*args: Any, **kwargs: Any) -> Any:
            return self.function(f)(*args, **kwargs)

        self.copies.remember(f, call)
        return call

    def release(self) -> None:
        """Let go of the clones, which keep the user's globals alive (see `Copies.release`)."""
        self.copies.release()
        for table in (self._clones, self._inside, self._paths, self._guarded):
            table.clear()
        self.calls = None

    def method(self, f: FunctionType, owner: Any) -> Any:
        """The clone of `f` bound to that of `owner`, in which the attributes that `f` reads are replaced."""
        return MethodType(self.function(f), self.replace(owner, {()}, "self"))

    def _globals(self, original: dict[str, Any]) -> dict[str, Any]:
        known = self.copies.copy_of(original)
        if known is None:
            known = self.copies.copy_dict(original, is_module=True)
            self._inside[id(known)] = known
        return known

    def _global(self, original: dict, copy: dict, name: str, paths: set[Path], written: bool) -> None:
        value = original[name]
        self.guard(value, DictGuard, original, name)
        if not written:
            so_far = self._paths.setdefault((id(copy), name), set())
            so_far |= paths
            self.copies.put(copy, name, self.replace(value, so_far, name))

    def _cell(self, cell: CellType, name: str, paths: set[Path], written: bool) -> CellType:
        """The cell in which a clone finds the replacement; the cell itself if the code rebinds it."""
        try:
            value = cell.cell_contents
        except ValueError:
            return cell
        self.guard(value, CellGuard, cell, name)
        if written:
            return cell
        new = self.copies.copy_of(cell)
        if new is None:
            new = CellType()
            self.copies.remember(cell, new)
        so_far = self._paths.setdefault((id(cell), name), set())
        so_far |= paths
        new.cell_contents = self.replace(value, so_far, name)
        return new

    def _bases(self, f: FunctionType) -> None:
        """`super()` finds the originals of the methods of base classes."""
        cells = dict(zip(f.__code__.co_freevars, f.__closure__ or ()))
        for cls in cells["__class__"].cell_contents.__mro__[1:] if "__class__" in cells else ():
            watch_class(cls, self)

    def _defaults(self, f: FunctionType, out: FunctionType) -> None:
        if f.__defaults__:
            self.captures.guards.append(DefaultsGuard(f, f.__name__))
            out.__defaults__ = tuple(
                self.replace(v, {()}, f"default {i} of {f.__name__}") for i, v in enumerate(f.__defaults__)
            )
        if f.__kwdefaults__:
            for name, value in f.__kwdefaults__.items():
                self.guard(value, DictGuard, f.__kwdefaults__, name)
            out.__kwdefaults__ = {n: self.replace(v, {()}, n) for n, v in f.__kwdefaults__.items()}

    def guard(self, value: Any, kind: type, holder: Any, name: str) -> None:
        """Note that a name was read; names of library modules are taken to stay."""
        if isinstance(value, Traced) or (isinstance(value, ModuleType) and is_library(value)):
            return
        key = id(holder), name
        if key not in self._guarded:
            self._guarded.add(key)
            guard = (
                CellGuard(holder, value, name) if kind is CellGuard else DictGuard(holder, name, value, name)
            )
            self.captures.guards.append(guard)

    # values

    def replace(self, value: Any, paths: set[Path], name: str) -> Any:
        """What stands for `value` under the trace; `paths` are the attributes read from it."""
        known = self.copies.copy_of(value)
        if known is not None:
            return known
        stand_in = hidden(value, name)
        if stand_in is not None:
            return stand_in
        if self._depth >= _DEPTH:
            return value
        self._depth += 1
        try:
            return self._replace(value, paths, name)
        finally:
            self._depth -= 1

    def _replace(self, value: Any, paths: set[Path], name: str) -> Any:
        if isinstance(value, np.ndarray):
            return self._array(value, name)
        if isinstance(value, FunctionType):
            return self.late(value)
        if isinstance(value, MethodType) and isinstance(value.__func__, FunctionType):
            return (
                value if is_library_function(value.__func__) else self.method(value.__func__, value.__self__)
            )
        if type(value) is functools.partial:
            return self._partial(value, name)
        if isinstance(value, ModuleType):
            return self._module(value, paths)
        if isinstance(value, tuple):
            return self._tuple(value, name)
        if isinstance(value, CONTAINERS):
            only_added_to = paths and all(len(p) == 1 and p[0] in _ADDING for p in paths)
            return value if only_added_to else self._container(value, name)
        if isinstance(value, type):
            return self._class(value, paths)
        if stands_in(value) and not isinstance(value, HiddenInput):
            return self._object(value, name)
        return value

    def _array(self, array: np.ndarray, name: str) -> Any:
        if isinstance(array, (np.matrix, np.ma.MaskedArray)) or not is_supported(
            array.dtype.newbyteorder("=")
        ):
            return array
        if array.size == 0:
            return array
        out = Traced(self.captures.input(array, self.root.builder, name), self.root)
        state_of(out).sealed = (
            NotImplementedError,
            named(
                "outside-write",
                f"writing into the array {name}, which comes from outside the traced function, is not "
                "supported: pass it as an argument",
            ),
        )
        self.copies.remember(array, out)
        return out

    def _partial(self, f: functools.partial, name: str) -> Any:
        inner = self.replace(f.func, {()}, name)
        args = [self.replace(a, {()}, f"{name}.args[{i}]") for i, a in enumerate(f.args)]
        kwargs = {n: self.replace(a, {()}, f"{name}.{n}") for n, a in f.keywords.items()}
        return functools.partial(inner, *args, **kwargs)

    def _tuple(self, value: tuple, name: str) -> Any:
        items = [self.replace(v, {()}, f"{name}[{i}]") for i, v in enumerate(value)]
        if all(a is b for a, b in zip(items, value)):
            return value
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)

    def _container(self, value: Any, name: str) -> Any:
        """A list, dict or the like: guarded by contents, in Python; lists and dicts are copied if need be."""
        plain = type(value) in (list, dict)
        if not self._in_container:
            self.captures.guards.append(ContentGuard(value, name, arrays=not plain))
        if not plain:
            return value
        outer, self._in_container = self._in_container, True
        keys = list(value) if isinstance(value, dict) else range(len(value))
        items = [self.replace(value[k], {()}, f"{name}[{k!r}]") for k in keys]
        self._in_container = outer
        if all(new is value[k] for k, new in zip(keys, items)):
            return value
        if isinstance(value, dict):
            copy: Any = self.copies.copy_dict(value)
            for k, new in zip(keys, items):
                self.copies.put(copy, k, new)
            return copy
        return self.copies.copy_list(value, items)

    def _module(self, module: ModuleType, paths: set[Path]) -> Any:
        if not is_library(module):
            stand_in = ModuleStandIn(module, self)
        else:
            members = hidden_attributes(module)
            if not any(p[0] in members for p in paths if p):
                return module
            stand_in = ModuleStandIn(module, self, members)
        self.copies.remember(module, stand_in)
        return stand_in

    def _class(self, cls: type, paths: set[Path]) -> Any:
        """A class: guarded and replaced by attribute, if those are all that is read."""
        if is_library(cls) or issubclass(cls, Enum):
            return cls
        if () not in paths:
            return ModuleStandIn(cls, self)
        watch_class(cls, self)
        return cls

    def _object(self, obj: Any, name: str) -> Any:
        copy = object_stand_in(obj, self)
        if copy is None:
            self.captures.guards.append(ContentGuard(vars(obj), name, arrays=True))
            return obj
        return copy
