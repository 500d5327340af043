"""Stand-ins for a user's objects and modules: attributes are guarded and replaced when first read."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from types import FunctionType, MemberDescriptorType, MethodType, ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from .guards import MISSING, AttributeGuard, DictGuard
from .owners import class_dict, is_library, is_library_function

if TYPE_CHECKING:
    from .closure import Cloner

#: Methods that Python or the stand-in itself calls with the object in an unfinished state.
_NOT_CLONED = frozenset(
    "__new__ __init__ __init_subclass__ __class_getitem__ __getattribute__ __setattr__ __delattr__ __del__ "
    "__hash__ __eq__ __repr__ __str__ __reduce__ __reduce_ex__ __getstate__ __setstate__ __getnewargs__ "
    "__sizeof__".split()
)


def stands_in(obj: Any) -> bool:
    """Whether objects like this one get a stand-in: instances of a user's class with attributes."""
    if isinstance(obj, (Enum, BaseException)) or (is_library(type(obj)) and type(obj) is not SimpleNamespace):
        return False
    return type(getattr(obj, "__dict__", None)) is dict or any(
        "__slots__" in vars(c) for c in type(obj).__mro__
    )


class _Quiet:
    """Keeps the subclass from being announced to the user's `__init_subclass__`."""

    __slots__ = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        pass


def object_stand_in(obj: Any, cloner: Cloner) -> Any:
    """A copy of `obj` whose attributes and methods lead to replacements; None where its class allows no copy.

    It is an instance of a subclass, made for it, that passes for the class itself. What is written into the
    copy goes to `obj` when the trace has ended well.
    """
    cls = type(obj)
    if type(cls) is not type and not is_library(type(cls)):
        return None
    namespace = {"__class__": property(lambda self: cls), "__module__": cls.__module__}
    try:
        metaclass: Any = type(cls)
        sub = metaclass(cls.__name__, (_Quiet, cls), namespace)
        copy: Any = SimpleNamespace.__new__(sub) if cls is SimpleNamespace else object.__new__(sub)
    except TypeError:
        return None
    cloner.copies.adopt(obj, copy)
    seen: set[str] = set()
    original_read: Any = cls.__getattribute__

    def read(self: Any, name: str) -> Any:
        if self is copy and name not in seen and not (name.startswith("__") and name.endswith("__")):
            seen.add(name)
            found = _attribute(obj, copy, name, cloner)
            if found is not None:
                return found[0]
            seen.discard(name)
        return original_read(self, name)

    setattr(sub, "__getattribute__", read)  # noqa: B010
    for name, method in _special_methods(cls):
        setattr(sub, name, _late(method, cloner))
    return copy


def _attribute(obj: Any, copy: Any, name: str, cloner: Cloner) -> tuple[Any] | None:
    """Guard the attribute and replace it in the copy; the value, if it is not to be looked up again."""
    state = getattr(obj, "__dict__", {})
    if copy.__dict__.get(name, MISSING) is not state.get(name, MISSING):
        return None
    owner = next((c for c in type(obj).__mro__ if name in vars(c)), None)
    found = None if owner is None else vars(owner)[name]
    users = owner is not None and not is_library(owner)
    if owner is not None and users:
        cloner.guard(found, DictGuard, class_dict(owner), name)
    if isinstance(found, MemberDescriptorType):
        if getattr(copy, name, MISSING) is getattr(obj, name, MISSING) is not MISSING:
            value = getattr(obj, name)
            cloner.captures.guards.append(AttributeGuard(obj, value, name))
            cloner.copies.put_slot(obj, copy, name, cloner.replace(value, {()}, name))
        return None
    if isinstance(found, property):
        if users and isinstance(found.fget, FunctionType):
            return (cloner.function(found.fget)(copy),)
        return None
    if name in state:
        cloner.guard(state[name], DictGuard, state, name)
        cloner.copies.put(copy.__dict__, name, cloner.replace(state[name], {()}, name))
    elif users:
        cloner.guard(MISSING, DictGuard, state, name)
        value = _bound(found, obj, copy, name, cloner)
        if value is not MISSING:
            cloner.copies.put(copy.__dict__, name, value)
    return None


def _bound(found: Any, obj: Any, copy: Any, name: str, cloner: Cloner) -> Any:
    """What the class attribute `found` gives on the copy; MISSING if the ordinary lookup will do."""
    if isinstance(found, FunctionType):
        return MethodType(cloner.function(found), copy)
    if isinstance(found, staticmethod) and isinstance(found.__func__, FunctionType):
        return cloner.function(found.__func__)
    if isinstance(found, classmethod) and isinstance(found.__func__, FunctionType):
        return MethodType(cloner.function(found.__func__), type(obj))
    if hasattr(type(found), "__get__"):
        return MISSING
    new = cloner.replace(found, {()}, name)
    return MISSING if new is found else new


def _special_methods(cls: type) -> list[tuple[str, FunctionType]]:
    """The user's `__call__`, `__add__` and the like, which Python looks up on the class."""
    found = {}
    for owner in reversed(cls.__mro__):
        for name, value in vars(owner).items():
            special = name.startswith("__") and name.endswith("__") and name not in _NOT_CLONED
            if special and isinstance(value, FunctionType) and not is_library_function(value):
                found[name] = value
    return list(found.items())


def _late(method: FunctionType, cloner: Cloner) -> Callable[..., Any]:
    """`method`, cloned when it is first called."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return cloner.function(method)(self, *args, **kwargs)

    return call


class ModuleStandIn(ModuleType):
    """A module (or a class of which only attributes are read) whose attributes are replaced when read."""

    def __init__(self, original: Any, cloner: Cloner, only: frozenset[str] | None = None) -> None:
        super().__init__(getattr(original, "__name__", "module"))
        self.__dict__.clear()
        self.__dict__.update(_stand_in=(original, cloner, only))

    def __getattr__(self, name: str) -> Any:
        original, cloner, only = self.__dict__["_stand_in"]
        value = getattr(original, name)
        if only is not None and name not in only:
            return value
        holder = _holder(original, name)
        if holder is not None and only is None:
            cloner.guard(value if holder.get(name) is value else holder[name], DictGuard, holder, name)
        new = cloner.replace(value, {()}, f"{getattr(original, '__name__', '')}.{name}")
        self.__dict__[name] = new
        return new

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["_stand_in"][0], name, value)
        self.__dict__[name] = value


def _holder(original: Any, name: str) -> dict[str, Any] | None:
    """The dict in which an attribute of a module or class is found."""
    if isinstance(original, type):
        owner = next((c for c in original.__mro__ if name in vars(c)), None)
        return None if owner is None or is_library(owner) else class_dict(owner)
    return vars(original) if name in vars(original) else None
