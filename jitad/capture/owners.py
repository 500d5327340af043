"""Whose code it is: the user's, or that of the standard library, NumPy, SciPy, optree or jitad."""

from __future__ import annotations

import gc
import os
import sys
import sysconfig
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from .source import is_library_file

_STDLIB = tuple({os.path.realpath(sysconfig.get_path(k)) + os.sep for k in ("stdlib", "platstdlib")})
_SITE = ("site-packages", "dist-packages")


@cache
def is_foreign_file(filename: str) -> bool:
    """Whether a file is a library's whose functions are traced as they are."""
    if is_library_file(filename):
        return True
    path = os.path.realpath(filename)
    return path.startswith(_STDLIB) and not any(part in path for part in _SITE)


def is_library_function(f: FunctionType) -> bool:
    """Whether a Python function is not the user's."""
    return is_foreign_file(f.__code__.co_filename)


def is_library(x: type | ModuleType) -> bool:
    """Whether a class or module is not the user's; builtin and extension ones are not."""
    module = x if isinstance(x, ModuleType) else sys.modules.get(getattr(x, "__module__", None) or "")
    if module is None:
        return False
    if getattr(module, "__name__", "") == "__main__":
        return False
    file = getattr(module, "__file__", None)
    return file is None or not file.endswith(".py") or is_foreign_file(file)


@cache
def class_dict(cls: type) -> dict[str, Any]:
    """The dict behind the `__dict__` of a class, which is a read-only view."""
    (found,) = gc.get_referents(cls.__dict__)
    return found
