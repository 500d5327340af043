"""Time steps on grids: sums of shifted slices, and sweeps in place."""

from __future__ import annotations

import numpy as np

from .program import Program, Sizes, sized

POLYBENCH = "PolyBench 4.2"


def jacobi_1d(steps, A, B):
    """Means of three neighbours, from A to B and back. PolyBench: jacobi-1d."""
    for _ in range(1, steps):
        B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
        A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])
    return A, B


def jacobi_1d_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return sizes["TSTEPS"], rng.random(sizes["N"]), rng.random(sizes["N"])


def jacobi_2d(steps, A, B):
    """Means over crosses of five, from A to B and back. PolyBench: jacobi-2d."""
    for _ in range(1, steps):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])
    return A, B


def jacobi_2d_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    shape = sizes["N"], sizes["N"]
    return sizes["TSTEPS"], rng.random(shape), rng.random(shape)


def heat_3d(steps, A, B):
    """Explicit steps of the heat equation in a cube, from A to B and back. PolyBench: heat-3d."""
    for _ in range(1, steps):
        B[1:-1, 1:-1, 1:-1] = (
            0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, 1:-1, :-2])
            + A[1:-1, 1:-1, 1:-1]
        )
        A[1:-1, 1:-1, 1:-1] = (
            0.125 * (B[2:, 1:-1, 1:-1] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[:-2, 1:-1, 1:-1])
            + 0.125 * (B[1:-1, 2:, 1:-1] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[1:-1, :-2, 1:-1])
            + 0.125 * (B[1:-1, 1:-1, 2:] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[1:-1, 1:-1, :-2])
            + B[1:-1, 1:-1, 1:-1]
        )
    return A, B


def heat_3d_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    shape = sizes["N"], sizes["N"], sizes["N"]
    return sizes["TSTEPS"], rng.random(shape), rng.random(shape)


def seidel_2d(steps, A):
    """Gauss–Seidel sweeps in place over squares of nine. PolyBench: seidel-2d."""
    n = A.shape[0]
    for _ in range(steps - 1):
        for i in range(1, n - 1):
            A[i, 1:-1] += (
                A[i - 1, :-2]
                + A[i - 1, 1:-1]
                + A[i - 1, 2:]
                + A[i, 2:]
                + A[i + 1, :-2]
                + A[i + 1, 1:-1]
                + A[i + 1, 2:]
            )
            for j in range(1, n - 1):
                A[i, j] += A[i, j - 1]
                A[i, j] /= 9.0
    return A


def seidel_2d_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return sizes["TSTEPS"], rng.random((sizes["N"], sizes["N"]))


def fdtd_2d(ex, ey, hz, source):
    """Yee's scheme for Maxwell's equations, a source on the first row. PolyBench: fdtd-2d."""
    for t in range(source.size):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return ex, ey, hz


def fdtd_2d_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    shape = sizes["NX"], sizes["NY"]
    return rng.random(shape), rng.random(shape), rng.random(shape), rng.random(sizes["TMAX"])


PROGRAMS = (
    Program(
        "jacobi-1d",
        jacobi_1d,
        jacobi_1d_inputs,
        (1, 2),
        sized({"TSTEPS": 6, "N": 12}, {"TSTEPS": 800, "N": 3200}, {"TSTEPS": 3000, "N": 12000}),
        "shifted slices in time steps",
        POLYBENCH,
    ),
    Program(
        "jacobi-2d",
        jacobi_2d,
        jacobi_2d_inputs,
        (1, 2),
        sized({"TSTEPS": 5, "N": 9}, {"TSTEPS": 50, "N": 150}, {"TSTEPS": 80, "N": 350}),
        "shifted slices in time steps",
        POLYBENCH,
    ),
    Program(
        "heat-3d",
        heat_3d,
        heat_3d_inputs,
        (1, 2),
        sized({"TSTEPS": 4, "N": 7}, {"TSTEPS": 25, "N": 25}, {"TSTEPS": 50, "N": 40}),
        "shifted slices in time steps",
        POLYBENCH,
    ),
    Program(
        "seidel-2d",
        seidel_2d,
        seidel_2d_inputs,
        (1,),
        sized({"TSTEPS": 4, "N": 10}, {"TSTEPS": 8, "N": 50}, {"TSTEPS": 15, "N": 100}),
        "rows and elements overwritten in order",
        POLYBENCH,
    ),
    Program(
        "fdtd-2d",
        fdtd_2d,
        fdtd_2d_inputs,
        (0, 1, 2, 3),
        sized(
            {"TMAX": 5, "NX": 8, "NY": 9},
            {"TMAX": 20, "NX": 200, "NY": 220},
            {"TMAX": 60, "NX": 400, "NY": 450},
        ),
        "shifted slices in time steps, three fields",
        POLYBENCH,
    ),
)
