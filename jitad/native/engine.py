"""LLVM text to machine code: the one importer of llvmlite.binding.

A module is parsed, optimised and emitted as an object, which one LLJIT of the process links.
Measured against MCJIT for a small kernel: 0.1 ms and 40 kB a module instead of 1.0 ms and 120 kB
(950 kB when MCJIT compiles the IR itself). The small code model with JITLink keeps constants
rip-relative; the JIT default (large) spends one more instruction on each.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jitad.native import store
from jitad.native import symbols as _symbols
from jitad.native.once import once

if TYPE_CHECKING:
    from types import ModuleType

# Beyond this many lines, a module without loops is a long unrolled program and gets fast code generation.
# Such code is bound by calls and by instruction fetch: the gradient of 300 steps x = sin(x)*a + b (3 600
# lines) compiles in 44 ms instead of 283 and runs in 5.7 us instead of 5.5.
LONG_PROGRAM_LINES = 3_000
# Beyond so many lines a module gets the passes for functions only, once, and beyond so many more just four:
# loops arrive as they should be, and the O1 pipeline has most passes twice. Of the time in LLVM 0.7 is left
# for gradients of tests/programs that are compiled the first way, and 0.55 for those compiled the second way,
# which take 1.00 to 1.08 of the time when they run. What a loop reads of the iteration before stays in a
# register with O1 only; short modules, of which such a loop may be all, get it (Gauss-Seidel: 1.2 times).
BRIEF_LINES, LIGHT_LINES = 1_000, 2_000
FEW_PASSES = ("always_inliner", "sroa", "instruction_combine", "simplify_cfg")

_link_lock = threading.Lock()
_library_names = (f"jitad.{i}" for i in itertools.count())
_MATH_LIBRARY = "jitad.libm"


class NativeError(RuntimeError):
    """LLVM text that cannot be parsed, verified or linked."""


@dataclass(frozen=True)
class Host:
    """The machine that code is compiled for."""

    triple: str
    data_layout: str
    cpu: str
    features: str
    vector_bits: int
    has_fma: bool


@once
def _llvm() -> ModuleType:
    """llvmlite.binding, imported and initialised at the first use."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@once
def host() -> Host:
    """The process' target: triple, data layout, CPU, features, widest vector register, FMA."""
    llvm = _llvm()
    triple, cpu = llvm.get_process_triple(), llvm.get_host_cpu_name()
    features = llvm.get_host_cpu_features()
    machine = llvm.Target.from_triple(triple).create_target_machine(
        cpu=cpu, features=features.flatten(), reloc="pic", codemodel="small", jit=True
    )
    is_arm = triple.startswith(("aarch64", "arm64"))
    bits = 512 if features.get("avx512f") else 256 if features.get("avx") else 128
    return Host(
        triple=triple,
        data_layout=str(machine.target_data),
        cpu=cpu,
        features=features.flatten(),
        vector_bits=bits,
        has_fma=is_arm or bool(features.get("fma")),
    )


def _target_machine(codegen_level: int) -> Any:
    h = host()
    return (
        _llvm()
        .Target.from_triple(h.triple)
        .create_target_machine(
            cpu=h.cpu, features=h.features, opt=codegen_level, reloc="pic", codemodel="small", jit=True
        )
    )


@once
def _jit() -> Any:
    """The linker of the process, with libm and libc for the calls that code generation makes by itself."""
    llvm = _llvm()
    jit = llvm.create_lljit_compiler(_target_machine(2), use_jit_link=True)
    library = llvm.JITLibraryBuilder()
    for name in _symbols.LIBM_NAMES + _symbols.LIBC_NAMES:
        if (address := _symbols.find(name)) is not None:
            library.import_symbol(name, address)
    return jit, library.link(jit, _MATH_LIBRARY)


@dataclass(frozen=True)
class _Settings:
    """How hard to work: the pipeline's level, its vectorisers and the code generator's level."""

    speed_level: int
    codegen_level: int
    slp: bool = False
    loops: bool = False
    brief: bool = False  # the pipeline of functions, not that of modules
    few: tuple[str, ...] = ()  # these passes only; entries on disk are known by their names


def _settings(llvm_text: str, opt_level: int) -> _Settings:
    if opt_level not in (0, 1, 2, 3):
        raise ValueError(f"opt_level is 0, 1, 2 or 3, not {opt_level!r}")
    if opt_level == 3:
        return _Settings(3, 3, slp=True, loops=True)
    if opt_level:  # a loop is known by its metadata: phis merge branches too
        lines, loops = llvm_text.count("\n"), "!llvm.loop" in llvm_text
        if lines > (LIGHT_LINES if loops else LONG_PROGRAM_LINES):
            return _Settings(1, 2 if loops else 0, few=FEW_PASSES)
        if lines > BRIEF_LINES and loops:
            return _Settings(1, 2, brief=True)
    # Kernels arrive with their loops vectorised, so the O1 pipeline is enough: on gradients of ten
    # operations, of log-sum-exp and of a mixture it takes 0.4 to 0.9 of O2's time, and the code runs as
    # fast. Packing the scalars of unrolled programs (SLP) doubled the time, and made Rosenbrock with n = 10
    # slower (480 for 400 ns, both on a busy machine).
    return _Settings(min(opt_level, 1), opt_level)


def _parse(llvm_text: str, triple: str, data_layout: str) -> Any:
    """The module in a context of its own, so that threads do not meet and nothing stays behind."""
    llvm = _llvm()
    try:
        module = llvm.parse_assembly(llvm_text, llvm.create_context())
        module.triple, module.data_layout = triple, data_layout
        module.verify()
    except RuntimeError as error:
        raise NativeError(f"LLVM does not accept the module: {error}") from None
    return module


def _optimize(module: Any, machine: Any, settings: _Settings) -> None:
    """Run the pass pipeline. No option of it relaxes floating point; only flags in the text can."""
    llvm = _llvm()
    options = llvm.create_pipeline_tuning_options(settings.speed_level)
    options.loop_vectorization = options.loop_interleaving = options.loop_unrolling = settings.loops
    options.slp_vectorization = settings.slp
    builder = llvm.create_pass_builder(machine, options)
    if settings.few:
        passes = llvm.create_new_module_pass_manager()
        for name in settings.few:
            getattr(passes, f"add_{name}_pass")()
    elif settings.brief:
        _optimize_functions(module, builder)
        passes = llvm.create_new_module_pass_manager()
    else:
        passes = builder.getModulePassManager()
    passes.add_strip_dead_prototype_pass()
    passes.run(module, builder)
    llvm.NewPassManager._dispose(passes)  # in llvmlite 0.50 ObjectRef's, which does nothing, hides it


def _optimize_functions(module: Any, builder: Any) -> None:
    """What the pipeline does to each function once calls are inlined that have to be."""
    llvm = _llvm()
    inliner, passes = llvm.create_new_module_pass_manager(), builder.getFunctionPassManager()
    inliner.add_always_inliner_pass()
    inliner.run(module, builder)
    for function in list(module.functions):
        if not function.is_declaration:
            passes.run(function, builder)
    for manager in (inliner, passes):
        llvm.NewPassManager._dispose(manager)


def _imports(module: Any) -> list[str]:
    """Every name that the module declares and something in it uses."""
    values = itertools.chain(module.functions, module.global_variables)
    return [v.name for v in values if v.is_declaration and not v.name.startswith("llvm.")]


def _addresses(names: list[str], extra: Mapping[str, int]) -> dict[str, int]:
    """Where these names are."""
    found, missing = {}, []
    for name in names:
        address = extra[name] if name in extra else _symbols.find(name)
        if address is None:
            missing.append(name)
        else:
            found[name] = address
    if missing:
        raise _symbols.SymbolError(
            f"the module calls {', '.join(sorted(missing))}, which nothing here provides"
        )
    return found


def _exports(module: Any) -> list[str]:
    """The names of the module's external functions.

    A definition called like a libm routine is refused: LLVM would send its own calls of that routine
    there, and llvm.exp inside `@exp` would recurse until the stack ends.
    """
    names = []
    for function in module.functions:
        if function.is_declaration:
            continue
        if function.name in _symbols.LIBM_NAMES or function.name in _symbols.LIBC_NAMES:
            raise NativeError(
                f"a function named {function.name!r} would capture the C library's; mangle the name"
            )
        if function.linkage.name == "external":
            names.append(function.name)
    return names


@dataclass(eq=False)
class NativeModule:
    """Machine code of one LLVM module; the code lives as long as this object does.

    `llvm` is the text it came from; `seconds` has the time of each phase, `code_bytes` the size of the code.
    `optimized_llvm` and `asm` are made again from the text when first asked for.
    """

    llvm: str
    seconds: dict[str, float]
    code_bytes: int
    _settings: _Settings = field(repr=False)
    _tracker: Any = field(repr=False)
    _addresses: dict[str, int] = field(repr=False)

    def address(self, name: str) -> int:
        """The address of the external function `name`; SymbolError when the module has none of that name."""
        try:
            return self._addresses[name]
        except KeyError:
            known = ", ".join(sorted(self._addresses)) or "nothing"
            raise _symbols.SymbolError(f"the module has no function {name!r}; it defines {known}") from None

    def texts(self, llvm: str) -> tuple[str, str]:
        """Optimised LLVM and assembly of a text, made with the settings of this module.

        The text is the module's, with debug information if that is wanted: it changes no instruction.
        """
        machine = _target_machine(self._settings.codegen_level)
        module = _parse(llvm, host().triple, host().data_layout)
        _optimize(module, machine, self._settings)
        return str(module), machine.emit_assembly(module)

    @cached_property
    def _texts(self) -> tuple[str, str]:
        return self.texts(self.llvm)

    @property
    def optimized_llvm(self) -> str:
        """The module as text after the pass pipeline."""
        return self._texts[0]

    @property
    def asm(self) -> str:
        """The module as assembly for this machine."""
        return self._texts[1]


def _link(code: bytes, imports: Mapping[str, int], exports: list[str]) -> tuple[Any, dict[str, int]]:
    jit, _ = _jit()
    library = _llvm().JITLibraryBuilder().add_object_img(code).add_jit_library(_MATH_LIBRARY)
    for name, address in imports.items():
        library.import_symbol(name, address)
    for name in exports:
        library.export_symbol(name)
    try:
        with _link_lock:
            tracker = library.link(jit, next(_library_names))
    except RuntimeError as error:
        raise NativeError(f"linking failed: {error}") from None
    return tracker, {name: tracker[name] for name in exports}


def compile_module(
    llvm_text: str, *, opt_level: int = 2, symbols: Mapping[str, int] | None = None, stored: bool = False
) -> NativeModule:
    """Compile and link LLVM text for this machine.

    opt_level  0 to 3. 2 leaves loops and straight-line code as they come (kernels arrive with theirs
               vectorised); 3 packs, vectorises and unrolls. Modules of more than BRIEF_LINES lines with
               loops get fewer passes, of more than LIGHT_LINES only four, those of more than
               LONG_PROGRAM_LINES without loops four and fast code generation, unless 0 or 3 is asked for.
    symbols    addresses of further external functions, by name; those of `jitad.native.symbols` are
               found by themselves
    stored     the code is taken from the disk if it is there (`store.py`), else kept there

    Every external name is resolved here, before anything can be called. Raises NativeError for text that
    LLVM refuses and for a definition that would capture a libm name, SymbolError for a name that nothing
    provides. Threads may compile at the same time.
    """
    seconds, settings = {}, _settings(llvm_text, opt_level)
    start = time.perf_counter()

    def lap(phase: str) -> None:
        nonlocal start
        now = time.perf_counter()
        seconds[phase], start = now - start, now

    def compiled() -> store.Entry:
        machine = _target_machine(settings.codegen_level)
        module = _parse(llvm_text, host().triple, host().data_layout)
        exports = _exports(module)
        lap("parse")
        _optimize(module, machine, settings)
        imports = _imports(module)
        lap("optimize")
        entry = store.Entry(machine.emit_object(module), exports, imports)
        lap("emit")
        return entry

    def linked(entry: store.Entry) -> NativeModule:
        tracker, addresses = _link(entry.code, _addresses(entry.imports, symbols or {}), entry.exports)
        lap("link")
        return NativeModule(llvm_text, seconds, _code_bytes(entry.code), settings, tracker, addresses)

    if not stored:
        return linked(compiled())
    key = store.key_of(llvm_text, repr(settings), repr(host()), _llvm().llvm_version_info.__repr__())
    entry = store.load(key)
    lap("load")
    if entry is not None:
        with contextlib.suppress(NativeError):  # whatever it is, it is not this machine's code
            return linked(entry)
    entry = compiled()
    store.save(key, entry)
    lap("save")
    return linked(entry)


def _code_bytes(code: bytes) -> int:
    """Bytes of instructions in an object."""
    return sum(s.size() for s in _llvm().ObjectFileRef.from_data(code).sections() if s.is_text())


def assembly_for(llvm_text: str, triple: str, cpu: str = "", features: str = "") -> str:
    """Assembly of LLVM text for another target, at optimisation level 2; nothing is linked.

    Raises NativeError when LLVM does not know the target or refuses the text.
    """
    llvm = _llvm()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        target = llvm.Target.from_triple(triple)
        machine = target.create_target_machine(
            cpu=cpu, features=features, opt=2, reloc="pic", codemodel="small"
        )
    except RuntimeError as error:
        raise NativeError(f"no code generation for {triple}: {error}") from None
    module = _parse(llvm_text, triple, str(machine.target_data))
    _optimize(module, machine, _Settings(2, 2, slp=True))
    return machine.emit_assembly(module)
