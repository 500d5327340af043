"""Factorisations of matrices in place."""

from __future__ import annotations

import numpy as np

from .program import Program, Sizes, sized

POLYBENCH, GOLUB = "PolyBench 4.2", "Golub and Van Loan, Matrix Computations"


def lu(A):
    """Factors of A = L U in A's place, without pivots. PolyBench: lu."""
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]
    return A


def lu_outer(A):
    """The same factors by updates of rank one. Golub and Van Loan, algorithm 3.2.1."""
    for i in range(A.shape[0] - 1):
        A[i + 1 :, i] /= A[i, i]
        A[i + 1 :, i + 1 :] -= np.outer(A[i + 1 :, i], A[i, i + 1 :])
    return A


def dominant(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    return (rng.random((n, n)) / n + np.eye(n),)


def ludcmp(A, b):
    """x with A x = b: factors in A's place, then two triangular solves. PolyBench: ludcmp."""
    n = A.shape[0]
    x, y = np.zeros_like(b), np.zeros_like(b)
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]
    for i in range(n):
        y[i] = b[i] - A[i, :i] @ y[:i]
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x, y


def ludcmp_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return *dominant(sizes, rng), rng.random(sizes["N"])


def cholesky(A):
    """Lower triangle of L with A = L Lᵀ, in A's place. PolyBench: cholesky."""
    for i in range(A.shape[0]):
        for j in range(i):
            A[i, j] -= np.dot(A[i, :j], A[j, :j])
            A[i, j] /= A[j, j]
        A[i, i] -= np.dot(A[i, :i], A[i, :i])
        A[i, i] = np.sqrt(A[i, i])
    return A


def cholesky_columns(A):
    """The same by columns, each a product with those before it. Golub and Van Loan, algorithm 4.2.1."""
    for j in range(A.shape[0]):
        A[j:, j] -= A[j:, :j] @ A[j, :j]
        A[j:, j] /= np.sqrt(A[j, j])
    return A


def positive(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    B = rng.random((n, n))
    return (B @ B.T / n + np.eye(n),)


def gramschmidt(A):
    """Q and R with A = Q R, by modified Gram-Schmidt. PolyBench: gramschmidt."""
    m, n = A.shape
    Q, R = np.zeros((m, n)), np.zeros((n, n))
    for k in range(n):
        R[k, k] = np.sqrt(np.dot(A[:, k], A[:, k]))
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, n):
            R[k, j] = np.dot(Q[:, k], A[:, j])
            A[:, j] -= Q[:, k] * R[k, j]
    return Q, R


def householder(A):
    """R and the reflectors of A = Q R, in A's place. Golub and Van Loan, algorithm 5.2.1."""
    beta = np.zeros(A.shape[1])
    for k in range(beta.size):
        v = A[k:, k].copy()
        norm = np.sqrt(np.sum(v**2))
        v[0] += np.copysign(norm, v[0])
        beta[k] = 2.0 / np.sum(v**2)
        A[k:, k:] -= beta[k] * np.outer(v, v @ A[k:, k:])
        A[k + 1 :, k] = v[1:]
    return A, beta


def tall(sizes: Sizes, rng: np.random.Generator) -> tuple:
    m, n = sizes["M"], sizes["N"]
    A = rng.random((m, n))
    A[np.arange(n), np.arange(n)] += 1.0
    return (A,)


def givens(H):
    """R of a Hessenberg matrix by rotations of neighbouring rows. Golub and Van Loan, section 5.2.5."""
    for k in range(H.shape[0] - 1):
        r = np.hypot(H[k, k], H[k + 1, k])
        c, s = H[k, k] / r, H[k + 1, k] / r
        upper = c * H[k, k:] + s * H[k + 1, k:]
        H[k + 1, k:] = c * H[k + 1, k:] - s * H[k, k:]
        H[k, k:] = upper
    return H


def hessenberg(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    return (np.triu(rng.random((n, n)) + np.eye(n), -1),)


PROGRAMS = (
    Program(
        "lu",
        lu,
        dominant,
        (0,),
        sized({"N": 7}, {"N": 60}, {"N": 220}),
        "loops and products of prefixes that grow with outer loops, in place",
        POLYBENCH,
    ),
    Program(
        "lu-outer",
        lu_outer,
        dominant,
        (0,),
        sized({"N": 7}, {"N": 60}, {"N": 220}),
        "corners of a matrix that shrink with the loop, outer product, in place",
        GOLUB,
    ),
    Program(
        "ludcmp",
        ludcmp,
        ludcmp_inputs,
        (0, 1),
        sized({"N": 6}, {"N": 60}, {"N": 220}),
        "loops and products of prefixes and rests, in place, up and down",
        POLYBENCH,
    ),
    Program(
        "cholesky",
        cholesky,
        positive,
        (0,),
        sized({"N": 7}, {"N": 100}, {"N": 300}),
        "loops and products of prefixes that grow with outer loops, in place",
        POLYBENCH,
    ),
    Program(
        "cholesky-columns",
        cholesky_columns,
        positive,
        (0,),
        sized({"N": 7}, {"N": 100}, {"N": 300}),
        "products of a block and a row whose sizes both follow the loop",
        GOLUB,
    ),
    Program(
        "gramschmidt",
        gramschmidt,
        tall,
        (0,),
        sized({"M": 8, "N": 5}, {"M": 70, "N": 60}, {"M": 220, "N": 180}),
        "loop that starts at an outer index, columns overwritten",
        POLYBENCH,
    ),
    Program(
        "householder",
        householder,
        tall,
        (0,),
        sized({"M": 7, "N": 4}, {"M": 70, "N": 60}, {"M": 220, "N": 180}),
        "variable whose size shrinks with the loop, product with a corner, outer product",
        GOLUB,
    ),
    Program(
        "givens",
        givens,
        hessenberg,
        (0,),
        sized({"N": 7}, {"N": 200}, {"N": 800}),
        "pairs of rows whose parts shrink with the loop",
        GOLUB,
    ),
)
