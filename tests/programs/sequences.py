"""States that follow one another: trajectories, filters, networks, sequences of symbols."""

from __future__ import annotations

import numpy as np

from .program import Program, Sizes, sized

NPBENCH = "NPBench"


def acceleration(pos, mass, G, softening):
    """Return the acceleration of each body by all others."""
    x, y, z = pos[:, 0:1], pos[:, 1:2], pos[:, 2:3]
    dx, dy, dz = x.T - x, y.T - y, z.T - z
    inv_r3 = dx**2 + dy**2 + dz**2 + softening**2
    inv_r3 = inv_r3**-1.5
    a = np.zeros_like(pos)
    a[:, 0] = G * (dx * inv_r3) @ mass
    a[:, 1] = G * (dy * inv_r3) @ mass
    a[:, 2] = G * (dz * inv_r3) @ mass
    return a


def nbody(mass, pos, vel, steps, dt, G, softening):
    """Gravitation among all pairs, leapfrog, kinetic energy after each step. NPBench: nbody."""
    vel -= np.mean(mass[:, np.newaxis] * vel, axis=0) / np.mean(mass)
    acc = acceleration(pos, mass, G, softening)
    energy = 0.0
    for _ in range(steps):
        vel += acc * dt / 2.0
        pos += vel * dt
        acc = acceleration(pos, mass, G, softening)
        vel += acc * dt / 2.0
        energy += 0.5 * np.sum(mass * np.sum(vel**2, axis=1))
    return pos, vel, energy


def nbody_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    mass = 20.0 * np.ones(n) / n
    return mass, rng.standard_normal((n, 3)), rng.standard_normal((n, 3)), sizes["steps"], 0.01, 1.0, 0.1


def nbody_pairs(mass, pos, vel, steps, dt):
    """The same force, pair by pair, in place. The Computer Language Benchmarks Game: n-body."""
    n = mass.size
    for _ in range(steps):
        for i in range(n):
            for j in range(i + 1, n):
                d = pos[i] - pos[j]
                near = np.sum(d * d) + 0.01
                pull = dt / (near * np.sqrt(near))
                vel[i] -= d * mass[j] * pull
                vel[j] += d * mass[i] * pull
        pos += dt * vel
    return pos, vel


def nbody_pairs_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    return rng.random(n), rng.standard_normal((n, 3)), rng.standard_normal((n, 3)), sizes["steps"], 0.01


def fput(x, v, alpha, dt, steps):
    """A chain of masses, its springs not linear, by Runge-Kutta. Fermi, Pasta, Ulam, Tsingou 1955."""

    def force(x):
        stretch = np.zeros(x.size + 1)
        stretch[0] = x[0]
        stretch[1:-1] = x[1:] - x[:-1]
        stretch[-1] = -x[-1]
        pull = stretch + alpha * stretch**2
        return pull[1:] - pull[:-1]

    for _ in range(steps):
        x1, v1 = v, force(x)
        x2, v2 = v + 0.5 * dt * v1, force(x + 0.5 * dt * x1)
        x3, v3 = v + 0.5 * dt * v2, force(x + 0.5 * dt * x2)
        x4, v4 = v + dt * v3, force(x + dt * x3)
        x = x + dt / 6.0 * (x1 + 2.0 * x2 + 2.0 * x3 + x4)
        v = v + dt / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4)
    return x, v


def fput_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    return 0.1 * rng.standard_normal(n), 0.1 * rng.standard_normal(n), 0.25, 0.05, sizes["steps"]


def lorenz_96(x, forcing, dt, steps):
    """Weather on a circle of latitude, by Runge-Kutta 4, every state kept. Lorenz 1996."""

    def rate(x):
        return (np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + forcing

    total = np.zeros_like(x)
    for _ in range(steps):
        k1 = rate(x)
        k2 = rate(x + 0.5 * dt * k1)
        k3 = rate(x + 0.5 * dt * k2)
        k4 = rate(x + dt * k3)
        x = x + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        total += x**2
    return x, total / steps


def lorenz_96_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return rng.standard_normal(sizes["N"]), 8.0, 0.01, sizes["steps"]


def elman(x, W, U, b, h):
    """Hidden states of a recurrent network over a sequence. Elman 1990."""
    states = np.zeros((x.shape[0], h.size))
    for t in range(x.shape[0]):
        h = np.tanh(W @ x[t] + U @ h + b)
        states[t] = h
    return states


def elman_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    t, n, h = sizes["T"], sizes["N"], sizes["H"]
    W, U = rng.standard_normal((h, n)) / np.sqrt(n), rng.standard_normal((h, h)) / np.sqrt(h)
    return rng.standard_normal((t, n)), W, U, rng.standard_normal(h), np.zeros(h)


def lstm(x, W, U, b):
    """Last output of a long short-term memory, four gates in one. Gers, Schmidhuber, Cummins 2000."""
    n = U.shape[1]
    h, c = np.zeros(n), np.zeros(n)
    for t in range(x.shape[0]):
        z = W @ x[t] + U @ h + b
        gates = 1.0 / (1.0 + np.exp(-z[: 3 * n]))
        c = gates[n : 2 * n] * c + gates[:n] * np.tanh(z[3 * n :])
        h = gates[2 * n :] * np.tanh(c)
    return h


def lstm_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    t, n, h = sizes["T"], sizes["N"], sizes["H"]
    W, U = rng.standard_normal((4 * h, n)) / np.sqrt(n), rng.standard_normal((4 * h, h)) / np.sqrt(h)
    return rng.standard_normal((t, n)), W, U, rng.standard_normal(4 * h)


def alignment(score, gap):
    """Best score of aligning two sequences. Needleman and Wunsch 1970."""
    n, m = score.shape
    H = np.zeros((n + 1, m + 1))
    H[:, 0] = -gap * np.arange(n + 1)
    H[0, :] = -gap * np.arange(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            H[i, j] = max(H[i - 1, j - 1] + score[i - 1, j - 1], H[i - 1, j] - gap, H[i, j - 1] - gap)
    return H[n, m]


def alignment_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return rng.uniform(-1.0, 1.0, (sizes["N"], sizes["M"])), 0.3


def soft_dtw(x, y, gamma):
    """Soft dynamic time warping of two series. Cuturi and Blondel 2017."""
    n, m = x.size, y.size
    R = np.full((n + 1, m + 1), 1e10)
    R[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            a, b, c = R[i - 1, j - 1], R[i - 1, j], R[i, j - 1]
            least = min(a, b, c)
            total = np.exp((least - a) / gamma) + np.exp((least - b) / gamma) + np.exp((least - c) / gamma)
            R[i, j] = (x[i - 1] - y[j - 1]) ** 2 + least - gamma * np.log(total)
    return R[n, m]


def soft_dtw_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return rng.standard_normal(sizes["N"]), rng.standard_normal(sizes["M"]), 0.7


def thomas(a, b, c, d):
    """x of a tridiagonal system, by elimination in place. Conte and de Boor, section 4.3."""
    n = b.size
    for i in range(1, n):
        w = a[i] / b[i - 1]
        b[i] -= w * c[i - 1]
        d[i] -= w * d[i - 1]
    x = np.zeros(n)
    x[-1] = d[-1] / b[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return x


def thomas_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    a, c, d = rng.random((3, sizes["N"]))
    return a.copy(), 3.0 + rng.random(sizes["N"]), c.copy(), d.copy()


def crank_nicolson(S, strike, sigma, rate, maturity, steps):
    """European put on a grid of prices, by implicit steps. Wilmott, Howison and Dewynne, chapter 8."""
    n = S.size
    i = np.arange(n)
    dt = maturity / steps
    low, mid, high = (
        0.25 * dt * (sigma**2 * i**2 - rate * i),
        -0.5 * dt * (sigma**2 * i**2 + rate),
        0.25 * dt * (sigma**2 * i**2 + rate * i),
    )
    V = np.maximum(strike - S, 0.0)
    factor, right = np.zeros(n), np.zeros(n)
    for t in range(1, steps + 1):
        explicit = low[1:-1] * V[:-2] + (1.0 + mid[1:-1]) * V[1:-1] + high[1:-1] * V[2:]
        V[0] = strike * np.exp(-rate * t * dt)
        V[-1] = 0.0
        right[0], factor[0] = V[0], 0.0
        for k in range(1, n - 1):
            pivot = 1.0 - mid[k] + low[k] * factor[k - 1]
            factor[k] = high[k] / pivot
            right[k] = (explicit[k - 1] + low[k] * right[k - 1]) / pivot
        for k in range(n - 2, 0, -1):
            V[k] = right[k] + factor[k] * V[k + 1]
    return V


def crank_nicolson_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return (
        np.linspace(0.0, 200.0, sizes["N"]) + 0.1 * rng.random(sizes["N"]),
        99.7,
        0.3,
        0.04,
        1.0,
        sizes["steps"],
    )


def hidden_markov(start, A, B, symbols):
    """Log-likelihood of symbols, by the scaled forward recursion. Rabiner 1989."""
    alpha = start * B[:, symbols[0]]
    total = 0.0
    for t in range(1, symbols.size):
        scale = np.sum(alpha)
        total += np.log(scale)
        alpha = (alpha / scale) @ A * B[:, symbols[t]]
    return total + np.log(np.sum(alpha))


def hidden_markov_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n, m = sizes["states"], sizes["symbols"]
    A, B = rng.random((n, n)), rng.random((n, m))
    A /= A.sum(axis=1, keepdims=True)
    B /= B.sum(axis=1, keepdims=True)
    return np.full(n, 1.0 / n), A, B, rng.integers(0, m, sizes["T"])


def kalman(y, F, Q, h, r, m, P):
    """Log-likelihood of scalar observations of a linear state. Durbin and Koopman, chapter 7."""
    total = 0.0
    for t in range(y.size):
        m = F @ m
        P = F @ P @ F.T + Q
        s = h @ P @ h + r
        gain = P @ h / s
        e = y[t] - h @ m
        m = m + gain * e
        P = P - np.outer(gain, h @ P)
        total += -0.5 * (np.log(2.0 * np.pi * s) + e**2 / s)
    return total


def kalman_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    F = 0.9 * np.eye(n) + 0.1 * rng.standard_normal((n, n)) / n
    y = rng.standard_normal(sizes["T"])
    return y, F, 0.1 * np.eye(n), rng.random(n), 0.5, np.zeros(n), np.eye(n)


def floyd_warshall(path):
    """Lengths of the shortest paths between all pairs. PolyBench: floyd-warshall."""
    for k in range(path.shape[0]):
        path[:] = np.minimum(path, np.add.outer(path[:, k], path[k, :]))
    return path


def floyd_warshall_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return (rng.random((sizes["N"], sizes["N"])) ** 2,)


def conjugate_gradient(A, b, tolerance):
    """x with A x = b, A positive definite, until the residual is small. Hestenes and Stiefel 1952."""
    x, r, p = np.zeros_like(b), b.copy(), b.copy()
    rr = r @ r
    while rr > tolerance**2:
        Ap = A @ p
        alpha = rr / (p @ Ap)
        x += alpha * p
        r -= alpha * Ap
        last, rr = rr, r @ r
        p = r + rr / last * p
    return x


def conjugate_gradient_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    A = rng.random((n, n)) / n
    return A + A.T + 2.0 * np.eye(n), rng.random(n), 1e-4


PROGRAMS = (
    Program(
        "nbody",
        nbody,
        nbody_inputs,
        (0, 1, 2, 4, 5, 6),
        sized({"N": 4, "steps": 3}, {"N": 25, "steps": 40}, {"N": 50, "steps": 100}),
        "functions called in a loop, pairs by broadcasting, columns written",
        NPBENCH,
    ),
    Program(
        "nbody-pairs",
        nbody_pairs,
        nbody_pairs_inputs,
        (0, 1, 2, 4),
        sized({"N": 4, "steps": 3}, {"N": 5, "steps": 1000}, {"N": 50, "steps": 1000}),
        "inner loop that starts at an outer index, rows written in place",
        "The Computer Language Benchmarks Game",
    ),
    Program(
        "fput",
        fput,
        fput_inputs,
        (0, 1, 2, 3),
        sized({"N": 6, "steps": 4}, {"N": 64, "steps": 5000}, {"N": 1024, "steps": 5000}),
        "a function called four times a step, slices",
        "Fermi, Pasta, Ulam and Tsingou 1955",
    ),
    Program(
        "lorenz-96",
        lorenz_96,
        lorenz_96_inputs,
        (0, 1, 2),
        sized({"N": 6, "steps": 4}, {"N": 40, "steps": 500}, {"N": 1000, "steps": 500}),
        "a function called four times a step, rolls",
        "Lorenz 1996",
    ),
    Program(
        "elman",
        elman,
        elman_inputs,
        (0, 1, 2, 3, 4),
        sized({"T": 5, "N": 4, "H": 3}, {"T": 500, "N": 32, "H": 32}, {"T": 1000, "N": 128, "H": 128}),
        "matrix-vector products in a loop, rows written",
        "Elman 1990",
    ),
    Program(
        "lstm",
        lstm,
        lstm_inputs,
        (0, 1, 2, 3),
        sized({"T": 5, "N": 4, "H": 3}, {"T": 500, "N": 32, "H": 32}, {"T": 1000, "N": 128, "H": 128}),
        "matrix-vector products in a loop, slices of gates",
        "Gers, Schmidhuber and Cummins 2000",
    ),
    Program(
        "alignment",
        alignment,
        alignment_inputs,
        (0, 1),
        sized({"N": 6, "M": 5}, {"N": 300, "M": 300}, {"N": 1000, "M": 1000}),
        "dynamic programming over elements, max",
        "Needleman and Wunsch 1970",
    ),
    Program(
        "soft-dtw",
        soft_dtw,
        soft_dtw_inputs,
        (0, 1, 2),
        sized({"N": 6, "M": 5}, {"N": 300, "M": 300}, {"N": 1000, "M": 1000}),
        "dynamic programming over elements, exponentials",
        "Cuturi and Blondel 2017",
    ),
    Program(
        "thomas",
        thomas,
        thomas_inputs,
        (0, 1, 2, 3),
        sized({"N": 8}, {"N": 10000}, {"N": 1000000}),
        "elements overwritten, loops up and down",
        "Conte and de Boor, Elementary Numerical Analysis",
    ),
    Program(
        "crank-nicolson",
        crank_nicolson,
        crank_nicolson_inputs,
        (0, 1, 2, 3, 4),
        sized({"N": 9, "steps": 4}, {"N": 200, "steps": 500}, {"N": 1000, "steps": 2000}),
        "tridiagonal solve in each time step",
        "Wilmott, Howison and Dewynne, The Mathematics of Financial Derivatives",
    ),
    Program(
        "hidden-markov",
        hidden_markov,
        hidden_markov_inputs,
        (0, 1, 2),
        sized(
            {"states": 3, "symbols": 4, "T": 7},
            {"states": 32, "symbols": 50, "T": 1000},
            {"states": 128, "symbols": 50, "T": 5000},
        ),
        "vector-matrix products in a loop, columns chosen by data",
        "Rabiner 1989",
    ),
    Program(
        "kalman",
        kalman,
        kalman_inputs,
        (0, 1, 2, 3, 4, 5, 6),
        sized({"N": 3, "T": 6}, {"N": 4, "T": 2000}, {"N": 32, "T": 2000}),
        "small matrix products in a loop",
        "Durbin and Koopman, Time Series Analysis by State Space Methods",
    ),
    Program(
        "floyd-warshall",
        floyd_warshall,
        floyd_warshall_inputs,
        (0,),
        sized({"N": 7}, {"N": 200}, {"N": 400}),
        "a matrix replaced by a minimum in each iteration",
        "PolyBench 4.2",
    ),
    Program(
        "conjugate-gradient",
        conjugate_gradient,
        conjugate_gradient_inputs,
        (0, 1),
        sized({"N": 7}, {"N": 500}, {"N": 2000}),
        "while on a residual, matrix-vector products",
        "Hestenes and Stiefel 1952",
    ),
)
