"""Signals, images and batches: butterflies, windows, distances."""

from __future__ import annotations

import itertools

import numpy as np

from .program import Program, Sizes, sized

NPBENCH = "NPBench"


def stockham(re, im):
    """Discrete Fourier transform of 2ᵏ numbers, sorting as it goes. Van Loan, section 1.7."""
    n = re.size
    half, width = n // 2, 1
    while half >= 1:
        angle = -np.pi * np.arange(half)[:, np.newaxis] / half
        wr, wi = np.cos(angle), np.sin(angle)
        ar, ai = re.reshape(2, half, width), im.reshape(2, half, width)
        dr, di = ar[0] - ar[1], ai[0] - ai[1]
        yr, yi = np.empty((half, 2, width)), np.empty((half, 2, width))
        yr[:, 0], yi[:, 0] = ar[0] + ar[1], ai[0] + ai[1]
        yr[:, 1], yi[:, 1] = wr * dr - wi * di, wr * di + wi * dr
        re, im = yr.reshape(n), yi.reshape(n)
        half, width = half // 2, width * 2
    return re, im


def cooley_tukey(re, im):
    """The same in place, after reversing bits. Cooley and Tukey 1965."""
    n = re.size
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j ^= bit
        if i < j:
            re[i], re[j] = re[j], re[i]
            im[i], im[j] = im[j], im[i]
    size = 2
    while size <= n:
        half = size // 2
        for start in range(0, n, size):
            for k in range(half):
                wr, wi = np.cos(np.pi * k / half), -np.sin(np.pi * k / half)
                a, b = start + k, start + k + half
                tr, ti = wr * re[b] - wi * im[b], wr * im[b] + wi * re[b]
                re[b], im[b] = re[a] - tr, im[a] - ti
                re[a], im[a] = re[a] + tr, im[a] + ti
        size *= 2
    return re, im


def signal(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = 2 ** sizes["K"]
    return rng.standard_normal(n), rng.standard_normal(n)


def conv2d(images, weights, bias):
    """Convolution of images with a bank of filters, place by place. NPBench: conv2d."""
    k = weights.shape[0]
    n, height, width, _ = images.shape
    out = np.empty((n, height - k + 1, width - k + 1, weights.shape[3]))
    for i in range(height - k + 1):
        for j in range(width - k + 1):
            window = images[:, i : i + k, j : j + k, :, np.newaxis]
            out[:, i, j, :] = np.sum(window * weights[np.newaxis], axis=(1, 2, 3))
    return out + bias


def conv2d_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n, k, h, w = sizes["N"], sizes["K"], sizes["H"], sizes["W"]
    c_in, c_out = sizes["C_in"], sizes["C_out"]
    return rng.random((n, h, w, c_in)), rng.random((k, k, c_in, c_out)), rng.random(c_out)


def arc_distance(theta_1, phi_1, theta_2, phi_2):
    """Distances on a sphere between pairs of points. NPBench: arc_distance."""
    t = (
        np.sin((theta_2 - theta_1) / 2) ** 2
        + np.cos(theta_1) * np.cos(theta_2) * np.sin((phi_2 - phi_1) / 2) ** 2
    )
    return 2 * np.arctan2(np.sqrt(t), np.sqrt(1 - t))


def arc_distance_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return tuple(rng.random((4, sizes["N"])).copy()[i].copy() for i in range(4))


def go_fast(a):
    """A matrix plus the sum of the tanh of its diagonal. NPBench: go_fast."""
    trace = 0.0
    for i in range(a.shape[0]):
        trace += np.tanh(a[i, i])
    return a + trace


def go_fast_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return (rng.random((sizes["N"], sizes["N"])),)


def mlp(x, w1, b1, w2, b2, w3, b3):
    """Three layers, the last one a softmax. NPBench: mlp."""
    x = np.maximum(x @ w1 + b1, 0)
    x = np.maximum(x @ w2 + b2, 0)
    x = x @ w3 + b3
    out = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return out / np.sum(out, axis=-1, keepdims=True)


def mlp_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    widths = sizes["C_in"], sizes["S0"], sizes["S1"], sizes["S2"]
    arguments = [rng.standard_normal((sizes["N"], widths[0]))]
    for a, b in itertools.pairwise(widths):
        arguments += [rng.standard_normal((a, b)) / np.sqrt(a), rng.standard_normal(b)]
    return tuple(arguments)


def bilateral(image, spread):
    """Smoothing that keeps edges: each pixel a weighted mean of a window. Tomasi and Manduchi 1998."""
    n, m = image.shape
    out = image.copy()
    for i in range(2, n - 2):
        for j in range(2, m - 2):
            window = image[i - 2 : i + 3, j - 2 : j + 3]
            w = np.exp(-(((window - image[i, j]) / spread) ** 2))
            out[i, j] = np.sum(w * window) / np.sum(w)
    return out


def bilateral_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return rng.random((sizes["N"], sizes["N"])), 0.5


PROGRAMS = (
    Program(
        "stockham",
        stockham,
        signal,
        (0, 1),
        sized({"K": 4}, {"K": 15}, {"K": 18}),
        "shapes that change from stage to stage, strided writes",
        "Van Loan, Computational Frameworks for the Fast Fourier Transform",
    ),
    Program(
        "cooley-tukey",
        cooley_tukey,
        signal,
        (0, 1),
        sized({"K": 4}, {"K": 12}, {"K": 16}),
        "while on integers, elements exchanged, butterflies in place",
        "Cooley and Tukey 1965",
    ),
    Program(
        "conv2d",
        conv2d,
        conv2d_inputs,
        (0, 1, 2),
        sized(
            {"N": 2, "H": 6, "W": 5, "K": 3, "C_in": 2, "C_out": 3},
            {"N": 8, "H": 32, "W": 32, "K": 2, "C_in": 3, "C_out": 16},
            {"N": 8, "H": 64, "W": 64, "K": 8, "C_in": 3, "C_out": 8},
        ),
        "windows that slide with the loop, sums over several axes",
        NPBENCH,
    ),
    Program(
        "arc-distance",
        arc_distance,
        arc_distance_inputs,
        (0, 1, 2, 3),
        sized({"N": 9}, {"N": 100000}, {"N": 1000000}),
        "elementary functions",
        NPBENCH,
    ),
    Program(
        "go-fast",
        go_fast,
        go_fast_inputs,
        (0,),
        sized({"N": 7}, {"N": 2000}, {"N": 6000}),
        "a sum over elements in a loop",
        NPBENCH,
    ),
    Program(
        "mlp",
        mlp,
        mlp_inputs,
        (0, 1, 2, 3, 4, 5, 6),
        sized(
            {"C_in": 3, "N": 4, "S0": 6, "S1": 5, "S2": 4},
            {"C_in": 3, "N": 8, "S0": 3000, "S1": 2000, "S2": 2000},
            {"C_in": 3, "N": 8, "S0": 30000, "S1": 2000, "S2": 2000},
        ),
        "matrix products, reductions over the last axis",
        NPBENCH,
    ),
    Program(
        "bilateral",
        bilateral,
        bilateral_inputs,
        (0, 1),
        sized({"N": 7}, {"N": 100}, {"N": 400}),
        "windows that slide with the loop, exponentials",
        "Tomasi and Manduchi 1998",
    ),
)
