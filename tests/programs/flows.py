"""Fluids, weather and heat: systems of fields, solved step by step."""

from __future__ import annotations

import numpy as np

from .program import Program, Sizes, sized

POLYBENCH, NPBENCH = "PolyBench 4.2", "NPBench"
BARBA = "Barba and Forsyth, CFD Python"


def adi(steps, u):
    """Alternating directions for the heat equation, a tridiagonal system for each line. PolyBench: adi."""
    n = u.shape[0]
    v, p, q = np.empty_like(u), np.empty_like(u), np.empty_like(u)
    mul1, mul2 = 2.0 * n**2 / steps, 1.0 * n**2 / steps
    a, b, d, e = -mul1 / 2.0, 1.0 + mul1, -mul2 / 2.0, 1.0 + mul2
    for _ in range(steps):
        v[0, 1:-1] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = v[0, 1:-1]
        for j in range(1, n - 1):
            p[1:-1, j] = -a / (a * p[1:-1, j - 1] + b)
            q[1:-1, j] = (
                -d * u[j, :-2] + (1.0 + 2.0 * d) * u[j, 1:-1] - d * u[j, 2:] - a * q[1:-1, j - 1]
            ) / (a * p[1:-1, j - 1] + b)
        v[-1, 1:-1] = 1.0
        for j in range(n - 2, 0, -1):
            v[j, 1:-1] = p[1:-1, j] * v[j + 1, 1:-1] + q[1:-1, j]
        u[1:-1, 0] = 1.0
        p[1:-1, 0] = 0.0
        q[1:-1, 0] = u[1:-1, 0]
        for j in range(1, n - 1):
            p[1:-1, j] = -d / (d * p[1:-1, j - 1] + e)
            q[1:-1, j] = (
                -a * v[:-2, j] + (1.0 + 2.0 * a) * v[1:-1, j] - a * v[2:, j] - d * q[1:-1, j - 1]
            ) / (d * p[1:-1, j - 1] + e)
        u[1:-1, -1] = 1.0
        for j in range(n - 2, 0, -1):
            u[1:-1, j] = p[1:-1, j] * u[1:-1, j + 1] + q[1:-1, j]
    return u


def adi_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return sizes["TSTEPS"], rng.random((sizes["N"], sizes["N"]))


def deriche(alpha, image):
    """Smoothing by recursive filters, there and back along both axes. PolyBench: deriche."""
    e1, e2 = np.exp(-alpha), np.exp(-2.0 * alpha)
    k = (1.0 - e1) ** 2 / (1.0 + 2.0 * alpha * e1 - e2)
    a1, a2, a3, a4 = k, k * e1 * (alpha - 1.0), k * e1 * (alpha + 1.0), -k * e2
    b1, b2 = 2.0**-alpha, -e2
    y1, y2 = np.zeros_like(image), np.zeros_like(image)
    w, h = image.shape
    y1[:, 0] = a1 * image[:, 0]
    y1[:, 1] = a1 * image[:, 1] + a2 * image[:, 0] + b1 * y1[:, 0]
    for j in range(2, h):
        y1[:, j] = a1 * image[:, j] + a2 * image[:, j - 1] + b1 * y1[:, j - 1] + b2 * y1[:, j - 2]
    y2[:, -1] = 0.0
    y2[:, -2] = a3 * image[:, -1]
    for j in range(h - 3, -1, -1):
        y2[:, j] = a3 * image[:, j + 1] + a4 * image[:, j + 2] + b1 * y2[:, j + 1] + b2 * y2[:, j + 2]
    out = y1 + y2
    y1[0, :] = a1 * out[0, :]
    y1[1, :] = a1 * out[1, :] + a2 * out[0, :] + b1 * y1[0, :]
    for i in range(2, w):
        y1[i, :] = a1 * out[i, :] + a2 * out[i - 1, :] + b1 * y1[i - 1, :] + b2 * y1[i - 2, :]
    y2[-1, :] = 0.0
    y2[-2, :] = a3 * out[-1, :]
    for i in range(w - 3, -1, -1):
        y2[i, :] = a3 * out[i + 1, :] + a4 * out[i + 2, :] + b1 * y2[i + 1, :] + b2 * y2[i + 2, :]
    return y1 + y2


def deriche_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return 0.25, rng.random((sizes["W"], sizes["H"]))


def cavity_flow(steps, inner, u, v, p, dt, rho, nu):
    """Navier-Stokes in a cavity with a moving lid. Barba and Forsyth, CFD Python, step 11."""
    ny, nx = u.shape
    dx, dy = 2.0 / (nx - 1), 2.0 / (ny - 1)
    b = np.zeros((ny, nx))
    for _ in range(steps):
        un, vn = u.copy(), v.copy()
        ux, uy = (u[1:-1, 2:] - u[1:-1, :-2]) / (2 * dx), (u[2:, 1:-1] - u[:-2, 1:-1]) / (2 * dy)
        vx, vy = (v[1:-1, 2:] - v[1:-1, :-2]) / (2 * dx), (v[2:, 1:-1] - v[:-2, 1:-1]) / (2 * dy)
        b[1:-1, 1:-1] = rho * ((ux + vy) / dt - ux**2 - 2 * uy * vx - vy**2)
        for _ in range(inner):
            pn = p.copy()
            p[1:-1, 1:-1] = (
                (pn[1:-1, 2:] + pn[1:-1, :-2]) * dy**2 + (pn[2:, 1:-1] + pn[:-2, 1:-1]) * dx**2
            ) / (2 * (dx**2 + dy**2)) - dx**2 * dy**2 / (2 * (dx**2 + dy**2)) * b[1:-1, 1:-1]
            p[:, -1] = p[:, -2]
            p[0, :] = p[1, :]
            p[:, 0] = p[:, 1]
            p[-1, :] = 0.0
        u[1:-1, 1:-1] = (
            un[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (un[1:-1, 1:-1] - un[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / dy * (un[1:-1, 1:-1] - un[:-2, 1:-1])
            - dt / (2 * rho * dx) * (p[1:-1, 2:] - p[1:-1, :-2])
            + nu * dt / dx**2 * (un[1:-1, 2:] - 2 * un[1:-1, 1:-1] + un[1:-1, :-2])
            + nu * dt / dy**2 * (un[2:, 1:-1] - 2 * un[1:-1, 1:-1] + un[:-2, 1:-1])
        )
        v[1:-1, 1:-1] = (
            vn[1:-1, 1:-1]
            - un[1:-1, 1:-1] * dt / dx * (vn[1:-1, 1:-1] - vn[1:-1, :-2])
            - vn[1:-1, 1:-1] * dt / dy * (vn[1:-1, 1:-1] - vn[:-2, 1:-1])
            - dt / (2 * rho * dy) * (p[2:, 1:-1] - p[:-2, 1:-1])
            + nu * dt / dx**2 * (vn[1:-1, 2:] - 2 * vn[1:-1, 1:-1] + vn[1:-1, :-2])
            + nu * dt / dy**2 * (vn[2:, 1:-1] - 2 * vn[1:-1, 1:-1] + vn[:-2, 1:-1])
        )
        u[0, :] = 0.0
        u[:, 0] = 0.0
        u[:, -1] = 0.0
        u[-1, :] = 1.0
        v[0, :] = 0.0
        v[-1, :] = 0.0
        v[:, 0] = 0.0
        v[:, -1] = 0.0
    return u, v, p


def cavity_flow_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    shape = sizes["ny"], sizes["nx"]
    u, v, p = 0.1 * rng.random((3, *shape))
    nu, dx = 0.1, 2 / (max(shape) - 1)
    dt = min(0.1 / ((sizes["nx"] - 1) / 2 + 1), 0.2 * dx**2 / nu)  # diffusion is stable below dx² / 4 ν
    return sizes["nt"], sizes["nit"], u.copy(), v.copy(), p.copy(), dt, 1.0, nu


def neighbours(f):
    """Return the values east, west, north and south of the inner rows of a field that is periodic in x."""
    return (
        np.roll(f, -1, axis=1)[1:-1],
        np.roll(f, 1, axis=1)[1:-1],
        f[2:],
        f[:-2],
    )


def channel_flow(inner, u, v, p, dt, rho, nu, force, tolerance):
    """Navier-Stokes in a channel, driven until it is steady. Barba and Forsyth, CFD Python, step 12."""
    ny, nx = u.shape
    dx, dy = 2.0 / (nx - 1), 2.0 / (ny - 1)
    b = np.zeros((ny, nx))
    difference, steps = 1.0, 0
    while difference > tolerance:
        un, vn = u.copy(), v.copy()
        ue, uw, unorth, us = neighbours(un)
        ve, vw, vnorth, vs = neighbours(vn)
        ux, uy, vx, vy = (
            (ue - uw) / (2 * dx),
            (unorth - us) / (2 * dy),
            (ve - vw) / (2 * dx),
            (vnorth - vs) / (2 * dy),
        )
        b[1:-1] = rho * ((ux + vy) / dt - ux**2 - 2 * uy * vx - vy**2)
        for _ in range(inner):
            e, w, n, s = neighbours(p.copy())
            p[1:-1] = ((e + w) * dy**2 + (n + s) * dx**2 - dx**2 * dy**2 * b[1:-1]) / (2 * (dx**2 + dy**2))
            p[-1, :] = p[-2, :]
            p[0, :] = p[1, :]
        pe, pw, pn, ps = neighbours(p)
        ui, vi = un[1:-1], vn[1:-1]
        u[1:-1] = (
            ui
            - ui * dt / dx * (ui - uw)
            - vi * dt / dy * (ui - us)
            - dt / (2 * rho * dx) * (pe - pw)
            + nu * (dt / dx**2 * (ue - 2 * ui + uw) + dt / dy**2 * (unorth - 2 * ui + us))
            + force * dt
        )
        v[1:-1] = (
            vi
            - ui * dt / dx * (vi - vw)
            - vi * dt / dy * (vi - vs)
            - dt / (2 * rho * dy) * (pn - ps)
            + nu * (dt / dx**2 * (ve - 2 * vi + vw) + dt / dy**2 * (vnorth - 2 * vi + vs))
        )
        u[0, :] = 0.0
        u[-1, :] = 0.0
        v[0, :] = 0.0
        v[-1, :] = 0.0
        difference = (np.sum(u) - np.sum(un)) / np.sum(u)
        steps += 1
    return u, v, p


def channel_flow_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    shape = sizes["ny"], sizes["nx"]
    u, v, p = 0.01 * rng.random((3, *shape))
    dt = 0.1 / ((sizes["nx"] - 1) / 2)
    return sizes["nit"], u.copy(), v.copy(), p.copy(), dt, 1.0, 0.1, 1.0, 1e-2


def horizontal_diffusion(field, out, coefficient):
    """Diffusion of fourth order with limited fluxes, in horizontal planes. NPBench: hdiff."""
    n, m, _ = out.shape
    lap = 4.0 * field[1:-1, 1:-1] - (field[2:, 1:-1] + field[:-2, 1:-1] + field[1:-1, 2:] + field[1:-1, :-2])
    difference = lap[1:, 1:-1] - lap[:-1, 1:-1]
    step = field[2 : n + 3, 2 : m + 2] - field[1 : n + 2, 2 : m + 2]
    flx = np.where(difference * step > 0, 0.0, difference)
    difference = lap[1:-1, 1:] - lap[1:-1, :-1]
    step = field[2 : n + 2, 2 : m + 3] - field[2 : n + 2, 1 : m + 2]
    fly = np.where(difference * step > 0, 0.0, difference)
    out[:] = field[2:-2, 2:-2] - coefficient * (flx[1:] - flx[:-1] + fly[:, 1:] - fly[:, :-1])
    return out


def horizontal_diffusion_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    i, j, k = sizes["I"], sizes["J"], sizes["K"]
    return rng.random((i + 4, j + 4, k)), np.zeros((i, j, k)), rng.random((i, j, k))


def vertical_advection(utens_stage, u_stage, wcon, u_pos, utens, dtr_stage):
    """Implicit vertical advection: a tridiagonal system for each column of air. NPBench: vadv."""
    ni, nj, nk = utens_stage.shape
    ccol, dcol = np.empty((ni, nj, nk)), np.empty((ni, nj, nk))
    for k in range(nk):
        below, above = np.zeros((ni, nj)), np.zeros((ni, nj))
        correction = np.zeros((ni, nj))
        if k > 0:
            below = -0.125 * (wcon[1:, :, k] + wcon[:-1, :, k])
            correction -= below * (u_stage[:, :, k - 1] - u_stage[:, :, k])
        if k < nk - 1:
            above = 0.125 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
            correction -= above * (u_stage[:, :, k + 1] - u_stage[:, :, k])
        diagonal = dtr_stage - below - above
        right = dtr_stage * u_pos[:, :, k] + utens[:, :, k] + utens_stage[:, :, k] + correction
        if k > 0:
            divisor = 1.0 / (diagonal - ccol[:, :, k - 1] * below)
            right = right - dcol[:, :, k - 1] * below
        else:
            divisor = 1.0 / diagonal
        ccol[:, :, k] = above * divisor
        dcol[:, :, k] = right * divisor
    data = dcol[:, :, nk - 1]
    utens_stage[:, :, nk - 1] = dtr_stage * (data - u_pos[:, :, nk - 1])
    for k in range(nk - 2, -1, -1):
        data = dcol[:, :, k] - ccol[:, :, k] * data
        utens_stage[:, :, k] = dtr_stage * (data - u_pos[:, :, k])
    return utens_stage


def vertical_advection_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    shape = sizes["I"], sizes["J"], sizes["K"]
    wcon = rng.random((shape[0] + 1, *shape[1:]))
    return rng.random(shape), rng.random(shape), wcon, rng.random(shape), rng.random(shape), 3.0 / 20.0 + 1.0


def heat_control(heating, target, conduction, price):
    """Cost of heating a rod at its left end so that it ends at a target. Tröltzsch, section 1.2."""
    rod = np.zeros_like(target)
    cost = 0.0
    for t in range(heating.size):
        rod[1:-1] += conduction * (rod[2:] - 2.0 * rod[1:-1] + rod[:-2])
        rod[0] += conduction * (rod[1] - rod[0]) + heating[t]
        rod[-1] = rod[-2]
        cost += price * heating[t] ** 2
    return cost + np.sum((rod - target) ** 2)


def heat_control_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return rng.random(sizes["steps"]), rng.random(sizes["N"]), 0.4, 0.1


def wave(speed, u, steps):
    """The wave equation by central differences, recorded in the middle. Courant, Friedrichs and Lewy 1928."""
    before = u.copy()
    record = 0.0
    for _ in range(steps):
        after = np.zeros_like(u)
        after[1:-1] = 2.0 * u[1:-1] - before[1:-1] + speed[1:-1] ** 2 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        before, u = u, after
        record += u[u.size // 2] ** 2
    return record, u


def wave_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    n = sizes["N"]
    return rng.uniform(0.3, 0.9, n), np.exp(-((np.linspace(-4.0, 4.0, n)) ** 2)), sizes["steps"]


def burgers(u, steps, cfl):
    """Burgers' equation by Godunov's scheme, on a ring. LeVeque, Finite Volume Methods, section 12.2."""
    for _ in range(steps):
        right = np.roll(u, -1)
        flux = np.maximum(0.5 * np.maximum(u, 0.0) ** 2, 0.5 * np.minimum(right, 0.0) ** 2)
        u = u - cfl * (flux - np.roll(flux, 1))
    return u


def burgers_inputs(sizes: Sizes, rng: np.random.Generator) -> tuple:
    return rng.uniform(-1.0, 1.0, sizes["N"]), sizes["steps"], 0.5


PROGRAMS = (
    Program(
        "adi",
        adi,
        adi_inputs,
        (1,),
        sized({"TSTEPS": 3, "N": 7}, {"TSTEPS": 5, "N": 100}, {"TSTEPS": 20, "N": 200}),
        "columns and rows in sweeps up and down, in time steps",
        POLYBENCH,
    ),
    Program(
        "deriche",
        deriche,
        deriche_inputs,
        (0, 1),
        sized({"W": 8, "H": 7}, {"W": 400, "H": 200}, {"W": 1500, "H": 1000}),
        "recurrences over columns and rows, up and down",
        POLYBENCH,
    ),
    Program(
        "cavity-flow",
        cavity_flow,
        cavity_flow_inputs,
        (2, 3, 4, 5, 6, 7),
        sized(
            {"ny": 7, "nx": 8, "nt": 3, "nit": 2},
            {"ny": 61, "nx": 61, "nt": 25, "nit": 5},
            {"ny": 121, "nx": 121, "nt": 50, "nit": 10},
        ),
        "shifted slices in nested time steps, borders, three fields",
        BARBA,
    ),
    Program(
        "channel-flow",
        channel_flow,
        channel_flow_inputs,
        (1, 2, 3, 4, 5, 6, 7),
        sized(
            {"ny": 7, "nx": 6, "nit": 2}, {"ny": 61, "nx": 61, "nit": 5}, {"ny": 121, "nx": 121, "nit": 10}
        ),
        "while on a sum, rolls, shifted slices in nested steps, three fields",
        BARBA,
    ),
    Program(
        "horizontal-diffusion",
        horizontal_diffusion,
        horizontal_diffusion_inputs,
        (0, 2),
        sized({"I": 4, "J": 5, "K": 3}, {"I": 64, "J": 64, "K": 60}, {"I": 128, "J": 128, "K": 160}),
        "shifted slices, where",
        NPBENCH,
    ),
    Program(
        "vertical-advection",
        vertical_advection,
        vertical_advection_inputs,
        (0, 1, 2, 3, 4, 5),
        sized({"I": 3, "J": 4, "K": 5}, {"I": 60, "J": 60, "K": 40}, {"I": 112, "J": 112, "K": 80}),
        "planes written in sweeps up and down, branches on the index",
        NPBENCH,
    ),
    Program(
        "heat-control",
        heat_control,
        heat_control_inputs,
        (0, 1, 2, 3),
        sized({"steps": 6, "N": 7}, {"steps": 1000, "N": 200}, {"steps": 10000, "N": 400}),
        "slices updated in place over time, a sum over it",
        "Tröltzsch, Optimal Control of Partial Differential Equations",
    ),
    Program(
        "wave",
        wave,
        wave_inputs,
        (0, 1),
        sized({"steps": 6, "N": 9}, {"steps": 500, "N": 1000}, {"steps": 2000, "N": 4000}),
        "arrays that change places over time",
        "Courant, Friedrichs and Lewy 1928",
    ),
    Program(
        "burgers",
        burgers,
        burgers_inputs,
        (0, 2),
        sized({"steps": 5, "N": 9}, {"steps": 500, "N": 1000}, {"steps": 2000, "N": 4000}),
        "rolls, maxima, a new array each step",
        "LeVeque, Finite Volume Methods for Hyperbolic Problems",
    ),
)
