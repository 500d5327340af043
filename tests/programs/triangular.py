"""Products with triangles and symmetric matrices, of which one half is stored, and triangular solves."""

from __future__ import annotations

import numpy as np

from .program import Program, Sizes, sized

POLYBENCH = "PolyBench 4.2"


def syrk(alpha, beta, C, A):
    """Lower triangle of C ← α A Aᵀ + β C. PolyBench: syrk."""
    for i in range(A.shape[0]):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += alpha * A[i, k] * A[: i + 1, k]
    return C


def syrk_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n, m = sizes["N"], sizes["M"]
    return 1.5, 1.2, rng.random((n, n)), rng.random((n, m))


def syr2k(alpha, beta, C, A, B):
    """Lower triangle of C ← α (A Bᵀ + B Aᵀ) + β C. PolyBench: syr2k."""
    for i in range(A.shape[0]):
        C[i, : i + 1] *= beta
        for k in range(A.shape[1]):
            C[i, : i + 1] += A[: i + 1, k] * alpha * B[i, k] + B[: i + 1, k] * alpha * A[i, k]
    return C


def syr2k_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n, m = sizes["N"], sizes["M"]
    return 1.5, 1.2, rng.random((n, n)), rng.random((n, m)), rng.random((n, m))


def trmm(alpha, A, B):
    """B ← α Aᵀ B, where A is lower triangular with ones on its diagonal. PolyBench: trmm."""
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[i, j] += np.dot(A[i + 1 :, i], B[i + 1 :, j])
    B *= alpha
    return B


def trmm_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    m, n = sizes["M"], sizes["N"]
    return 1.5, rng.random((m, m)) / m, rng.random((m, n))


def symm(alpha, beta, C, A, B):
    """C ← α A B + β C, where A is symmetric and its lower triangle is given. PolyBench: symm."""
    m, n = C.shape
    above = np.empty(n)
    for i in range(m):
        for j in range(n):
            C[:i, j] += alpha * B[i, j] * A[i, :i]
            above[j] = B[:i, j] @ A[i, :i]
        C[i, :] *= beta
        C[i, :] += alpha * B[i, :] * A[i, i] + alpha * above
    return C


def symm_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    m, n = sizes["M"], sizes["N"]
    return 1.5, 1.2, rng.random((m, n)), rng.random((m, m)) / m, rng.random((m, n))


def trisolv(L, x, b):
    """x with L x = b, where L is lower triangular. PolyBench: trisolv."""
    for i in range(x.size):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]
    return x


def trisolv_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    return rng.random((n, n)) / n + np.eye(n), np.zeros(n), rng.random(n)


def trisolv_columns(U, b):
    """x with U x = b, column by column, in b's place. Golub and Van Loan, algorithm 3.1.4."""
    for j in range(b.size - 1, -1, -1):
        b[j] /= U[j, j]
        b[:j] -= b[j] * U[:j, j]
    return b


def trisolv_columns_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    return rng.random((n, n)) / n + np.eye(n), rng.random(n)


PROGRAMS = (
    Program(
        "syrk",
        syrk,
        syrk_inputs,
        (0, 1, 2, 3),
        sized({"N": 6, "M": 5}, {"N": 70, "M": 50}, {"N": 200, "M": 150}),
        "parts of rows and columns that grow with the loop",
        POLYBENCH,
    ),
    Program(
        "syr2k",
        syr2k,
        syr2k_inputs,
        (0, 1, 2, 3, 4),
        sized({"N": 6, "M": 4}, {"N": 50, "M": 35}, {"N": 140, "M": 110}),
        "parts of rows and columns that grow with the loop",
        POLYBENCH,
    ),
    Program(
        "trmm",
        trmm,
        trmm_inputs,
        (0, 1, 2),
        sized({"M": 6, "N": 4}, {"M": 65, "N": 80}, {"M": 200, "N": 250}),
        "products of parts of columns that shrink with the loop, overwritten in order",
        POLYBENCH,
    ),
    Program(
        "symm",
        symm,
        symm_inputs,
        (0, 1, 2, 3, 4),
        sized({"M": 6, "N": 4}, {"M": 40, "N": 50}, {"M": 120, "N": 150}),
        "parts of columns that grow with the loop, empty at first",
        POLYBENCH,
    ),
    Program(
        "trisolv",
        trisolv,
        trisolv_inputs,
        (0, 2),
        sized({"N": 8}, {"N": 2000}, {"N": 5000}),
        "products of prefixes, empty at first; argument overwritten",
        POLYBENCH,
    ),
    Program(
        "trisolv-columns",
        trisolv_columns,
        trisolv_columns_inputs,
        (0, 1),
        sized({"N": 8}, {"N": 2000}, {"N": 5000}),
        "prefixes that shrink with a loop that counts down",
        "Golub and Van Loan, Matrix Computations",
    ),
)
