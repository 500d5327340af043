"""Products of matrices and vectors, statistics of columns, a sparse product."""

from __future__ import annotations

import numpy as np

from .program import Program, Sizes, sized

POLYBENCH = "PolyBench 4.2"


def gemm(alpha, beta, C, A, B):
    """C ← α A B + β C. PolyBench: gemm."""
    C[:] = alpha * A @ B + beta * C
    return C


def gemm_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    ni, nj, nk = sizes["NI"], sizes["NJ"], sizes["NK"]
    return 1.5, 1.2, rng.random((ni, nj)), rng.random((ni, nk)), rng.random((nk, nj))


def k2mm(alpha, beta, A, B, C, D):
    """D ← α A B C + β D. PolyBench: 2mm."""
    D[:] = alpha * A @ B @ C + beta * D
    return D


def k2mm_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    ni, nj, nk, nl = (sizes[n] for n in ("NI", "NJ", "NK", "NL"))
    A, B = rng.random((ni, nk)) / nk, rng.random((nk, nj))
    return 1.5, 1.2, A, B, rng.random((nj, nl)) / nj, rng.random((ni, nl))


def k3mm(A, B, C, D):
    """(A B) (C D). PolyBench: 3mm."""
    return A @ B @ (C @ D)


def k3mm_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    ni, nj, nk, nl, nm = (sizes[n] for n in ("NI", "NJ", "NK", "NL", "NM"))
    A, B = rng.random((ni, nk)) / nk, rng.random((nk, nj))
    return A, B, rng.random((nj, nm)) / nm, rng.random((nm, nl)) / nj


def atax(A, x):
    """Aᵀ A x. PolyBench: atax."""
    return (A @ x) @ A


def atax_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return rng.random((sizes["M"], sizes["N"])) / sizes["N"], rng.random(sizes["N"])


def bicg(A, p, r):
    """Aᵀ r and A p, the two products of a biconjugate gradient step. PolyBench: bicg."""
    return r @ A, A @ p


def bicg_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    m, n = sizes["M"], sizes["N"]
    return rng.random((n, m)) / n, rng.random(m), rng.random(n)


def mvt(x1, x2, y1, y2, A):
    """x₁ ← x₁ + A y₁ and x₂ ← x₂ + Aᵀ y₂. PolyBench: mvt."""
    x1 += A @ y1
    x2 += y2 @ A
    return x1, x2


def mvt_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    return rng.random(n), rng.random(n), rng.random(n), rng.random(n), rng.random((n, n)) / n


def gemver(alpha, beta, A, u1, v1, u2, v2, w, x, y, z):
    """Two updates of rank one and two products. PolyBench: gemver."""
    A += np.outer(u1, v1) + np.outer(u2, v2)
    x += beta * y @ A + z
    w += alpha * A @ x
    return A, x, w


def gemver_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    A = rng.random((n, n))
    u1, v1, u2, v2, w, x, y, z = rng.random((8, n))
    return 1.5, 1.2, A, *(a.copy() for a in (u1, v1, u2, v2, w, x, y / n, z))


def gesummv(alpha, beta, A, B, x):
    """α A x + β B x. PolyBench: gesummv."""
    return alpha * A @ x + beta * B @ x


def gesummv_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    return 1.5, 1.2, rng.random((n, n)) / n, rng.random((n, n)) / n, rng.random(n)


def doitgen(A, C4):
    """Each row A[r, q] times C4, in place. PolyBench: doitgen (multiresolution analysis)."""
    for r in range(A.shape[0]):
        for q in range(A.shape[1]):
            A[r, q, :] = A[r, q, :] @ C4
    return A


def doitgen_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    nr, nq, np_ = sizes["NR"], sizes["NQ"], sizes["NP"]
    return rng.random((nr, nq, np_)), rng.random((np_, np_)) / np_


def covariance(data):
    """Covariance of the columns of `data`, by the rows of the upper triangle. PolyBench: covariance."""
    n, m = data.shape
    data -= np.mean(data, axis=0)
    cov = np.zeros((m, m))
    for i in range(m):
        cov[i, i:] = data[:, i] @ data[:, i:] / (n - 1.0)
        cov[i:, i] = cov[i, i:]
    return cov


def correlation(data):
    """Correlation of the columns of `data`, by the rows of the upper triangle. PolyBench: correlation."""
    n, m = data.shape
    mean = np.mean(data, axis=0)
    stddev = np.std(data, axis=0)
    stddev[stddev <= 0.1] = 1.0
    data -= mean
    data /= np.sqrt(n) * stddev
    corr = np.eye(m)
    for i in range(m - 1):
        corr[i, i + 1 :] = data[:, i] @ data[:, i + 1 :]
        corr[i + 1 :, i] = corr[i, i + 1 :]
    return corr


def columns(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n, m = sizes["N"], sizes["M"]
    return (rng.random((n, m)) + rng.random((n, 1)),)


def spmv(row, col, val, x):
    """Product of a sparse matrix in CSR form and a vector, row by row of unequal length. NPBench: spmv."""
    y = np.empty(row.size - 1)
    for i in range(row.size - 1):
        y[i] = val[row[i] : row[i + 1]] @ x[col[row[i] : row[i + 1]]]
    return y


def spmv_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    m, n, nnz = sizes["M"], sizes["N"], sizes["nnz"]
    row = np.zeros(m + 1, dtype=np.int64)
    row[1:] = np.cumsum(np.bincount(rng.integers(0, m, nnz), minlength=m))
    return row, rng.integers(0, n, nnz), rng.random(nnz), rng.random(n)


def spmv_elements(row, col, val, x):
    """The same product, entry by entry: Saad, Iterative Methods for Sparse Linear Systems, section 3.5."""
    y = np.zeros(row.size - 1)
    for i in range(row.size - 1):
        for k in range(row[i], row[i + 1]):
            y[i] += val[k] * x[col[k]]
    return y


def softmax(x):
    """Softmax over the last axis. NPBench: softmax."""
    top = np.max(x, axis=-1, keepdims=True)
    out = np.exp(x - top)
    out /= np.sum(out, axis=-1, keepdims=True)
    return out


def softmax_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return (rng.random((sizes["N"], sizes["H"], sizes["SM"], sizes["SM"])),)


PROGRAMS = (
    Program(
        "gemm",
        gemm,
        gemm_inputs,
        (0, 1, 2, 3, 4),
        sized(
            {"NI": 7, "NJ": 9, "NK": 5},
            {"NI": 1000, "NJ": 1100, "NK": 1200},
            {"NI": 2500, "NJ": 2750, "NK": 3000},
        ),
        "matrix product, argument written",
        POLYBENCH,
    ),
    Program(
        "2mm",
        k2mm,
        k2mm_inputs,
        (0, 1, 2, 3, 4, 5),
        sized(
            {"NI": 6, "NJ": 8, "NK": 5, "NL": 7},
            {"NI": 800, "NJ": 850, "NK": 900, "NL": 950},
            {"NI": 2000, "NJ": 2250, "NK": 2500, "NL": 2750},
        ),
        "matrix products, argument written",
        POLYBENCH,
    ),
    Program(
        "3mm",
        k3mm,
        k3mm_inputs,
        (0, 1, 2, 3),
        sized(
            {"NI": 6, "NJ": 8, "NK": 5, "NL": 7, "NM": 9},
            {"NI": 800, "NJ": 850, "NK": 900, "NL": 950, "NM": 1000},
            {"NI": 2000, "NJ": 2200, "NK": 2400, "NL": 2600, "NM": 2800},
        ),
        "matrix products",
        POLYBENCH,
    ),
    Program(
        "atax",
        atax,
        atax_inputs,
        (0, 1),
        sized({"M": 9, "N": 12}, {"M": 4000, "N": 5000}, {"M": 10000, "N": 12500}),
        "matrix-vector products",
        POLYBENCH,
    ),
    Program(
        "bicg",
        bicg,
        bicg_inputs,
        (0, 1, 2),
        sized({"M": 9, "N": 12}, {"M": 4000, "N": 5000}, {"M": 10000, "N": 12500}),
        "matrix-vector products",
        POLYBENCH,
    ),
    Program(
        "mvt",
        mvt,
        mvt_inputs,
        (0, 1, 2, 3, 4),
        sized({"N": 11}, {"N": 5500}, {"N": 11000}),
        "matrix-vector products, arguments written",
        POLYBENCH,
    ),
    Program(
        "gemver",
        gemver,
        gemver_inputs,
        tuple(range(11)),
        sized({"N": 9}, {"N": 1000}, {"N": 3000}),
        "outer and matrix-vector products, arguments written",
        POLYBENCH,
    ),
    Program(
        "gesummv",
        gesummv,
        gesummv_inputs,
        (0, 1, 2, 3, 4),
        sized({"N": 10}, {"N": 2000}, {"N": 4000}),
        "matrix-vector products",
        POLYBENCH,
    ),
    Program(
        "doitgen",
        doitgen,
        doitgen_inputs,
        (0, 1),
        sized(
            {"NR": 3, "NQ": 4, "NP": 6}, {"NR": 60, "NQ": 60, "NP": 128}, {"NR": 110, "NQ": 125, "NP": 256}
        ),
        "rows written in a nest of loops",
        POLYBENCH,
    ),
    Program(
        "covariance",
        covariance,
        columns,
        (0,),
        sized({"N": 9, "M": 6}, {"N": 600, "M": 500}, {"N": 1800, "M": 1400}),
        "slices that shrink with the loop",
        POLYBENCH,
    ),
    Program(
        "correlation",
        correlation,
        columns,
        (0,),
        sized({"N": 9, "M": 6}, {"N": 600, "M": 500}, {"N": 1800, "M": 1400}),
        "slices that shrink with the loop, masked write",
        POLYBENCH,
    ),
    Program(
        "softmax",
        softmax,
        softmax_inputs,
        (0,),
        sized({"N": 2, "H": 2, "SM": 5}, {"N": 16, "H": 16, "SM": 128}, {"N": 32, "H": 8, "SM": 256}),
        "reductions over the last axis",
        "NPBench",
    ),
    Program(
        "spmv",
        spmv,
        spmv_inputs,
        (2, 3),
        sized(
            {"M": 8, "N": 7, "nnz": 20},
            {"M": 4096, "N": 4096, "nnz": 8192},
            {"M": 32768, "N": 32768, "nnz": 65536},
        ),
        "slices whose ends are data, gather",
        "NPBench",
    ),
    Program(
        "spmv-entries",
        spmv_elements,
        spmv_inputs,
        (2, 3),
        sized(
            {"M": 8, "N": 7, "nnz": 20},
            {"M": 4096, "N": 4096, "nnz": 8192},
            {"M": 32768, "N": 32768, "nnz": 65536},
        ),
        "inner loop whose bounds are data, indices that are data",
        "Saad, Iterative Methods for Sparse Linear Systems",
    ),
)
