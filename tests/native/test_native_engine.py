"""The engine: what it compiles, what it refuses, what it must not change."""

import ctypes
import gc
import os
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from jitad.native import engine
from jitad.native.engine import NativeError, assembly_for, compile_module, host
from jitad.native.symbols import SymbolError

SQUARE = "define double @square(double %x) {\n  %y = fmul double %x, %x\n  ret double %y\n}\n"


def function(module, name, arity=1):
    return ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * arity)(module.address(name))


def test_host_is_this_machine():
    h = host()
    assert h.triple and h.cpu and h.data_layout.startswith("e-")
    assert h.vector_bits in (128, 256, 512)
    assert h.has_fma in (True, False)
    assert host() is h


def test_import_does_no_llvm_work():
    modules = "callable, call, entry, python_entry, signature, symbols, engine"
    code = f"import sys; from jitad.native import {modules}; print('llvmlite' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("opt_level", [0, 1, 2, 3])
def test_each_level_computes_the_same(opt_level):
    module = compile_module(SQUARE, opt_level=opt_level)
    assert function(module, "square")(1.1) == 1.1 * 1.1
    assert set(module.seconds) == {"parse", "optimize", "emit", "link"}


def test_every_stage_is_there_as_text():
    module = compile_module(SQUARE)
    assert module.llvm == SQUARE
    assert "fmul double" in module.optimized_llvm and host().triple in module.optimized_llvm
    assert "square:" in module.asm


def test_opt_level_outside_the_range():
    with pytest.raises(ValueError, match="opt_level is 0, 1, 2 or 3, not 4"):
        compile_module(SQUARE, opt_level=4)


def test_text_that_llvm_refuses():
    with pytest.raises(NativeError, match="expected type"):
        compile_module("define doble @f() { ret double 0.0 }")
    with pytest.raises(NativeError, match="does not accept the module"):
        compile_module("define double @f(double %x) { ret double %y }")


def test_missing_symbols_are_named_before_the_first_call():
    text = """
declare double @"blas.nosuch"(double)
declare double @elsewhere(double)
define double @f(double %x) {
  %a = call double @"blas.nosuch"(double %x)
  %b = call double @elsewhere(double %a)
  ret double %b
}"""
    with pytest.raises(SymbolError, match=r"calls blas\.nosuch, elsewhere, which nothing here provides"):
        compile_module(text)


def test_a_declaration_that_nothing_uses_needs_no_address():
    module = compile_module('declare double @"blas.nosuch"(double)\n' + SQUARE)
    assert function(module, "square")(3.0) == 9.0


def test_symbols_given_by_address():
    inner = compile_module(SQUARE)
    text = (
        "declare double @other(double)\ndefine double @f(double %x) {\n  %y = call double @other(double %x)\n"
    )
    outer = compile_module(text + "  ret double %y\n}", symbols={"other": inner.address("square")})
    assert function(outer, "f")(4.0) == 16.0


def test_unknown_function_of_a_module():
    with pytest.raises(SymbolError, match="no function 'cube'; it defines square"):
        compile_module(SQUARE).address("cube")


def test_intrinsics_find_libm():
    calls = {"sin": np.sin, "exp": np.exp, "log": np.log, "cos": np.cos, "exp2": np.exp2, "log10": np.log10}
    for name, reference in calls.items():
        text = f"declare double @llvm.{name}.f64(double)\ndefine double @f(double %x) {{\n"
        text += f"  %y = call double @llvm.{name}.f64(double %x)\n  ret double %y\n}}"
        module = compile_module(text)
        assert function(module, "f")(0.7) == pytest.approx(reference(0.7), rel=1e-15)


def test_sine_and_cosine_of_one_argument():
    text = """
declare double @llvm.sin.f64(double)
declare double @llvm.cos.f64(double)
define double @f(double %x) {
  %s = call double @llvm.sin.f64(double %x)
  %c = call double @llvm.cos.f64(double %x)
  %y = fmul double %s, %c
  ret double %y
}"""
    module = compile_module(text)
    assert function(module, "f")(0.7) == pytest.approx(np.sin(0.7) * np.cos(0.7), rel=1e-15)


def test_memory_intrinsics():
    text = """
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
define i32 @f(ptr %x, ptr %y, i64 %n) {
  call void @llvm.memset.p0.i64(ptr %x, i8 7, i64 %n, i1 false)
  call void @llvm.memcpy.p0.p0.i64(ptr %y, ptr %x, i64 %n, i1 false)
  ret i32 0
}"""
    module = compile_module(text)
    x, y = np.zeros(1000, np.uint8), np.zeros(1000, np.uint8)
    call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    assert call(module.address("f"))(x.ctypes.data, y.ctypes.data, 1000) == 0
    assert (y == 7).all()


@pytest.mark.parametrize("linkage", ["", "internal "])
def test_a_function_named_like_libm_is_refused(linkage):
    text = f"""
declare double @llvm.exp.f64(double)
define {linkage}double @exp(double %x) {{
  %y = call double @llvm.exp.f64(double %x)
  ret double %y
}}
define double @use(double %x) {{
  %y = call double @exp(double %x)
  ret double %y
}}"""
    with pytest.raises(NativeError, match="'exp' would capture the C library's; mangle"):
        compile_module(text)


def test_a_mangled_name_calls_libm():
    text = """
declare double @llvm.exp.f64(double)
define double @"jitad.exp"(double %x) {
  %y = call double @llvm.exp.f64(double %x)
  ret double %y
}"""
    module = compile_module(text)
    assert function(module, "jitad.exp")(1.0) == pytest.approx(np.e, rel=1e-15)


@pytest.mark.parametrize("opt_level", [0, 1, 2, 3])
def test_products_and_sums_are_not_contracted(opt_level):
    text = "define double @f(double %x, double %y, double %z) {\n  %p = fmul double %x, %y\n"
    module = compile_module(text + "  %s = fadd double %p, %z\n  ret double %s\n}", opt_level=opt_level)
    x, y = 1.1, 1.3
    assert function(module, "f", 3)(x, y, -(x * y)) == 0.0


@pytest.mark.parametrize("opt_level", [2, 3])
def test_sums_keep_their_order(opt_level):
    text = """
define double @f(ptr %x) {
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%i.next, %loop]
  %s = phi double [0.0, %entry], [%t, %loop]
  %at = getelementptr double, ptr %x, i64 %i
  %v = load double, ptr %at
  %t = fadd double %s, %v
  %i.next = add i64 %i, 1
  %more = icmp ult i64 %i.next, 64
  br i1 %more, label %loop, label %done
done:
  ret double %t
}"""
    x = np.random.default_rng(0).normal(size=64) * 10.0 ** np.arange(-32, 32)
    expected = 0.0
    for value in x:
        expected += value
    module = compile_module(text, opt_level=opt_level)
    assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_void_p)(module.address("f"))(x.ctypes.data) == expected


def long_program(lines):
    body = ["define double @long(double %x0) {"]
    for i in range(lines // 2):
        body += [f"  %m{i} = fmul double %x{i}, 0.75", f"  %x{i + 1} = fadd double %m{i}, 1.0"]
    return "\n".join([*body, f"  ret double %x{lines // 2}", "}"])


def test_long_programs_compile_with_cheap_settings():
    module = compile_module(long_program(2 * engine.LONG_PROGRAM_LINES))
    x = 2.0
    for _ in range(engine.LONG_PROGRAM_LINES):
        x = x * 0.75 + 1.0
    assert function(module, "long")(2.0) == x
    assert module._settings.few and module._settings.codegen_level == 0


def test_programs_with_loops_keep_their_code_generation_when_they_get_few_passes():
    loop = """
define i64 @loop() {
entry:
  br label %body
body:
  %i = phi i64 [0, %entry], [%j, %body]
  %j = add i64 %i, 1
  %end = icmp eq i64 %j, 9
  br i1 %end, label %done, label %body, !llvm.loop !0
done:
  ret i64 %j
}
!0 = distinct !{!0}
"""
    module = compile_module(loop + long_program(2 * engine.LIGHT_LINES))
    assert module._settings.few and module._settings.codegen_level == 2
    assert all(name in repr(module._settings) for name in engine.FEW_PASSES)  # as on disk
    assert not compile_module(loop)._settings.brief
    between = compile_module(loop + long_program(engine.BRIEF_LINES))
    assert between._settings.brief and between._settings.codegen_level == 2
    short = compile_module(loop + long_program(engine.BRIEF_LINES // 4))
    assert not short._settings.brief and not short._settings.few
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(between.address("loop"))() == 9
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(module.address("loop"))() == 9


def test_vector_code_uses_the_registers_there_are():
    text = """
define void @f(ptr %x) {
  %v = load <8 x double>, ptr %x, align 8
  %w = fadd <8 x double> %v, %v
  store <8 x double> %w, ptr %x, align 8
  ret void
}"""
    module = compile_module(text)
    if host().vector_bits == 512 and host().triple.startswith("x86_64"):
        assert "zmm" in module.asm
    x = np.arange(8.0)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(module.address("f"))(x.ctypes.data)
    assert (x == 2 * np.arange(8.0)).all()


def test_assembly_for_another_machine():
    arm = assembly_for(SQUARE, "aarch64-unknown-linux-gnu")
    assert "fmul\td0, d0, d0" in arm
    wide = assembly_for(SQUARE, "x86_64-unknown-linux-gnu", features="+avx2")
    assert "vmulsd" in wide
    with pytest.raises(NativeError, match="no code generation for nonsense"):
        assembly_for(SQUARE, "nonsense-unknown-none")


def test_modules_are_freed():
    module = compile_module(SQUARE)
    alive = weakref.ref(module)
    del module
    gc.collect()
    assert alive() is None


def test_same_names_in_two_modules_do_not_meet():
    cube = SQUARE.replace("fmul double %x, %x", "fmul double %x, 3.0")
    first, second = compile_module(SQUARE), compile_module(cube)
    assert (function(first, "square")(5.0), function(second, "square")(5.0)) == (25.0, 15.0)


def test_compiling_from_several_threads():
    def one(i):
        text = f"define double @f(double %x) {{\n  %y = fadd double %x, {float(i)}\n  ret double %y\n}}"
        return function(module := compile_module(text), "f")(0.5), module

    with ThreadPoolExecutor(8) as pool:
        assert [value for value, _ in pool.map(one, range(64))] == [i + 0.5 for i in range(64)]


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads Linux's process statistics")
def test_modules_that_are_dropped_leave_little_behind():
    def resident() -> int:
        with open("/proc/self/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def rounds(n: int) -> None:
        for _ in range(n):
            compile_module("define double @f(double %x) {\n %y = fadd double %x, %x\n ret double %y\n}")

    rounds(30)
    before = resident()
    rounds(200)
    assert resident() - before < 200 * 20_000
