"""The entry interpreter, in LLVM IR: one CPython function that walks the table of any signature.

It is compiled once per process (0.1 s), so that a compiled function costs no LLVM work beyond its kernel,
and all entry points share one well-tested code. For one array in, a NumPy scalar and an array out, 20 of the
117 ns are spent here, kernel included; the rest makes and frees the three result objects (78 ns) and calls.

Names: `%p` table (program.py), `%n` node, `%k` operand number, `%f` frame of eight words: table, operand
pointers, operand objects, scalar storage, next operand, held references, how many are held, sizes.
"""

from __future__ import annotations

import ctypes
import sys
from string import Template

from jitad.native import layout, program
from jitad.native.engine import NativeModule, compile_module
from jitad.native.once import once
from jitad.native.runtime import arguments, checks, main, outputs, results, steps

_DECLARATIONS = r"""
@"numpy.PyArray_Type" = external global i8
@"python.PyTuple_Type" = external global i8
@"python.PyList_Type" = external global i8
@"python.PyDict_Type" = external global i8
@"python.PyFloat_Type" = external global i8
@"python.PyLong_Type" = external global i8
@"python._Py_NoneStruct" = external global i8
@"python._Py_TrueStruct" = external global i8
@"python._Py_FalseStruct" = external global i8
@"python.PyExc_SystemError" = external global ptr
declare void @"python.Py_IncRef"(ptr)
declare void @"python.Py_DecRef"(ptr)
declare void @"python.PyErr_Clear"()
declare ptr @"python.PyErr_NoMemory"()
declare void @"python.PyErr_SetString"(ptr, ptr)
declare ptr @"python.PyList_GetItem"(ptr, i64)
declare ptr @"python.PyDict_GetItemWithError"(ptr, ptr)
declare i64 @"python.PyLong_AsLongLongAndOverflow"(ptr, ptr)
declare ptr @"python.PyLong_FromLongLong"(i64)
declare ptr @"python.PyFloat_FromDouble"(double)
declare ptr @"python.PyTuple_New"(i64)
declare ptr @"python.PyList_New"(i64)
declare i32 @"python.PyList_SetItem"(ptr, i64, ptr)
declare ptr @"python.PyDict_New"()
declare i32 @"python.PyDict_SetItem"(ptr, ptr, ptr)
declare ptr @"python.PyEval_SaveThread"()
declare void @"python.PyEval_RestoreThread"(ptr)
declare ptr @"python.PyMem_Malloc"(i64)
declare void @"python.PyMem_Free"(ptr)
declare ptr @"numpy.PyArray_NewFromDescr"(ptr, ptr, i32, ptr, ptr, ptr, i32, ptr)
"""

_CALL = r"""
declare ptr @"python.PyObject_Vectorcall"(ptr, ptr, i64, ptr)
define internal ptr @jitad.call(ptr %f, ptr %args, i64 %nargs, ptr %kwnames) {
  %r = call ptr @"python.PyObject_Vectorcall"(ptr %f, ptr %args, i64 %nargs, ptr %kwnames)
  ret ptr %r
}
"""

# CPython 3.10 has PyObject_Vectorcall as an inline function only; this is what it ends in.
_CALL_3_10 = r"""
declare ptr @"python.PyThreadState_Get"()
declare ptr @"python._PyObject_MakeTpCall"(ptr, ptr, ptr, i64, ptr)
define internal ptr @jitad.call(ptr %f, ptr %args, i64 %nargs, ptr %kwnames) {
  %thread = call ptr @"python.PyThreadState_Get"()
  %r = call ptr @"python._PyObject_MakeTpCall"(ptr %thread, ptr %f, ptr %args, i64 %nargs, ptr %kwnames)
  ret ptr %r
}
"""

# Operands of up to this many bytes in all (see `scratch_bytes`) are noted on the stack, more on the heap.
_STACK_BYTES = 8192


def _kernel_call() -> str:
    """IR that calls the kernel with as many pointers as it has operands, or with the packed array of them."""
    arities = range(program.MAX_DIRECT_OPERANDS + 1)
    lines = [
        "define internal i32 @jitad.kernel(ptr %p, ptr %operands) {",
        "  %kernel.at = getelementptr ptr, ptr %p, i64 $kernel",
        "  %kernel = load ptr, ptr %kernel.at",
        "  %arity.at = getelementptr i64, ptr %p, i64 $arity",
        "  %arity = load i64, ptr %arity.at",
        "  switch i64 %arity, label %packed [" + " ".join(f"i64 {n}, label %call{n}" for n in arities) + "]",
        "packed:",
        "  %packed.status = call i32 %kernel(ptr %operands)",
        "  ret i32 %packed.status",
    ]
    for n in arities:
        lines.append(f"call{n}:")
        for k in range(n):
            lines.append(f"  %at{n}.{k} = getelementptr ptr, ptr %operands, i64 {k}")
            lines.append(f"  %op{n}.{k} = load ptr, ptr %at{n}.{k}")
        pointers = ", ".join(f"ptr %op{n}.{k}" for k in range(n))
        lines += [f"  %status{n} = call i32 %kernel({pointers})", f"  ret i32 %status{n}"]
    return "\n".join([*lines, "}", ""])


def runtime_llvm() -> str:
    """The text of the entry interpreter."""
    call = _CALL_3_10 if sys.version_info < (3, 11) else _CALL
    fixed = [part.LLVM for part in (checks, arguments, outputs, steps, results, main)]
    parts = [_DECLARATIONS, call, *fixed, _kernel_call()]
    words = {name: str(i) for i, name in enumerate(program.HEADER)}
    return Template("\n".join(parts)).substitute(
        words,
        TUPLE_ITEMS=layout.TUPLE_ITEMS,
        BYTES_DATA=layout.BYTES_DATA,
        SCALAR_VALUE=layout.SCALAR_VALUE,
        CELL_CONTENTS=layout.CELL_CONTENTS,
        FUNCTION_SELF=layout.FUNCTION_SELF,
        ENTRY_SLOT=layout.ENTRY_SLOT,
        STACK_BYTES=_STACK_BYTES,
    )


@once
def runtime() -> NativeModule:
    """The compiled entry interpreter. It is never freed: calls may be inside it, also at exit."""
    module = compile_module(runtime_llvm())
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(module))
    return module


def packed_llvm(symbol: str, operands: int) -> str:
    """A function `symbol.packed` that calls the kernel with operands from an array of pointers."""
    lines = [
        f'declare i32 @"{symbol}"({", ".join(["ptr"] * operands)})',
        f'define i32 @"{symbol}.packed"(ptr %operands) {{',
    ]
    for k in range(operands):
        lines += [f"  %a{k} = getelementptr ptr, ptr %operands, i64 {k}", f"  %p{k} = load ptr, ptr %a{k}"]
    call = f'  %r = call i32 @"{symbol}"({", ".join(f"ptr %p{k}" for k in range(operands))})'
    return "\n".join([*lines, call, "  ret i32 %r", "}", ""])
