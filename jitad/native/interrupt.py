"""Signals while native code runs: a loop asks now and then, and ends its call when a handler has raised.

Python runs signal handlers in the main thread, when it comes round to it; a kernel does so on its behalf.
What the handler raises, KeyboardInterrupt for Ctrl-C, is kept until the call has returned, then raised there.
"""

from __future__ import annotations

import ctypes
from typing import NoReturn

from jitad.native.once import once

#: The status of a kernel that stopped because a signal handler raised.
INTERRUPTED = -2

# Type, value and traceback of the exception. Only the main thread runs handlers: one is enough.
_pending = (ctypes.c_void_p * 3)()

_LLVM = """
declare i32 @"python.PyGILState_Ensure"()
declare void @"python.PyGILState_Release"(i32)
declare i32 @"python.PyErr_CheckSignals"()
declare void @"python.PyErr_Fetch"(ptr, ptr, ptr)
define i32 @jitad.ask() {
  %state = call i32 @"python.PyGILState_Ensure"()
  %raised = call i32 @"python.PyErr_CheckSignals"()
  %quiet = icmp eq i32 %raised, 0
  br i1 %quiet, label %done, label %keep
keep:
  %kind = inttoptr i64 WORDS to ptr
  %value = getelementptr ptr, ptr %kind, i64 1
  %trace = getelementptr ptr, ptr %kind, i64 2
  call void @"python.PyErr_Fetch"(ptr %kind, ptr %value, ptr %trace)
  br label %done
done:
  call void @"python.PyGILState_Release"(i32 %state)
  ret i32 %raised
}
"""


@once
def poll_address() -> int:
    """The address of `int ask(void)`: run pending signal handlers, with the GIL; not 0 if one has raised."""
    from jitad.native.engine import compile_module

    module = compile_module(_LLVM.replace("WORDS", str(ctypes.addressof(_pending))))
    _kept.append(module)
    return module.address("jitad.ask")


_kept: list[object] = []  # the code, which lives as long as the process


def reraise() -> NoReturn:
    """Raise what the signal handler raised that made a kernel return INTERRUPTED."""
    restore = ctypes.pythonapi.PyErr_Restore
    restore.argtypes, restore.restype = [ctypes.c_void_p] * 3, None
    words = list(_pending)
    _pending[:] = [None, None, None]
    if words[0] is None:
        raise SystemError("a kernel was interrupted, but by no exception")
    restore(*words)
    raise SystemError("the exception of a signal handler was lost")
