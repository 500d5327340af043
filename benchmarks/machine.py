"""What the machine can do: the peaks that the roofline columns are shares of."""

from __future__ import annotations

import numpy as np

from benchmarks import native
from benchmarks.compare import Call, NoCompiler, PythonCall, best_of
from benchmarks.harness import Report, Row

N = 10**7
ROUNDS = 10**5


def streams(n: int = N) -> dict[str, tuple[Call, float]]:
    """Return loops that only move memory, by name, with the bytes each moves as its source says."""
    x, y, out = np.random.default_rng(0).random((3, n))
    found: dict[str, tuple[Call, float]] = {"copy, NumPy": (PythonCall(np.copyto, out, x), 16.0 * n)}
    try:
        for name, function, inputs, count in (
            ("copy", "copy", (x,), 16.0),
            ("triad", "triad", (x, y), 24.0),
            ("triad, streaming stores", "triad_streaming", (x, y), 24.0),
        ):
            found[name] = (native.by_hand("machine", function, [n], inputs, [(n,)]), count * n)
    except NoCompiler:
        pass
    return found


def multiply_adds() -> tuple[float, float] | None:
    """Return seconds and operations of multiply-adds in registers; None without a compiler."""
    try:
        call = native.by_hand("machine", "multiply_add", [ROUNDS], (np.array(0.5),), [(), ()])
    except NoCompiler:
        return None
    flops, _ = call.run()
    return best_of({"": call})[""], float(flops)


def run() -> Report:
    """Measure the memory's bandwidth and the processor's arithmetic, both on one thread."""
    loops = streams()
    times = best_of({name: call for name, (call, _) in loops.items()})
    rates = {name: count / times[name] for name, (_, count) in loops.items()}
    figures = {"stream": max(rates.values())}
    notes = [
        f"Stream, n = 10⁷: {', '.join(f'{name} {rate / 1e9:.1f} GB/s' for name, rate in rates.items())}."
    ]
    found = multiply_adds()
    if found is not None:
        figures["fma"] = found[1] / found[0]
        notes.append(f"Fused multiply-adds in registers: {figures['fma'] / 1e9:.1f} GFLOP/s.")
    method = "The peaks that shares of stream and of FMA peak refer to: the best of these loops, one thread."
    return Report("Machine", method, [Row("n = 10⁷", dict(times))], notes=notes, figures=figures)
