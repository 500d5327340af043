"""Statements of random NumPy programs, as templates.

{a}, {b}, {d}: floats, b and d broadcastable against a    {v} {m}: floats of rank 1, of rank 2
   {c}: bools broadcastable against a    {n}: integers    {s}: a Python number    {k}: an array from
outside, broadcastable against a    {ax}: an axis of a    {i} {j}: index lists for a's first two axes, with
repeated and negative entries    {mask}: a constant mask of a's first axis
jsp is jitad.scipy.special, for SciPy's functions that are no ufuncs.
"""

from __future__ import annotations

#: One operation in all the ways that it can be written.
FORMS = {
    "add": ["{a} + {b}", "np.add({a}, {b})", "{a}.__add__({b})", "{b}.__radd__({a})", "sum([{a}, {b}])"],
    "subtract": ["{a} - {b}", "np.subtract({a}, {b})", "-({b} - {a})", "{a} + (-{b})", "{b}.__rsub__({a})"],
    "multiply": ["{a} * {b}", "np.multiply({a}, {b})", "{b}.__rmul__({a})", "{a}.__mul__({b})"],
    "divide": [
        "{a} / ({b}**2 + 1)", "np.divide({a}, {b}**2 + 1)", "{a} * np.reciprocal({b}**2 + 1)",
        "np.true_divide({a}, {b} * {b} + 1)", "{a} * ({b}**2 + 1)**-1",
    ],
    "scale": [
        "{a} * 2.5", "2.5 * {a}", "np.float64(2.5) * {a}", "np.multiply(2.5, {a})", "{a} / 0.4",
        "{a} * np.array(2.5)", "np.array([2.5]) * {a}", "{a}.__rmul__(2.5)",
    ],
    "reflected": [
        "1.5 - {a}", "np.subtract(1.5, {a})", "-{a} + 1.5", "np.float64(1.5) - {a}", "-({a} - 1.5)",
    ],
    "square": ["{a} ** 2", "np.square({a})", "{a} * {a}", "np.power({a}, 2)", "{a} ** 2.0", "pow({a}, 2)"],
    "exponential": [
        "2.0 ** {a}", "np.power(2.0, {a})", "np.exp2({a})", "np.exp({a} * np.log(2.0))", "{a}.__rpow__(2.0)",
    ],
    "negative": ["-{a}", "np.negative({a})", "0.0 - {a}", "{a} * -1"],
    "absolute": ["abs({a})", "np.abs({a})", "np.absolute({a})", "np.fabs({a})", "np.maximum({a}, -{a})"],
    "sum": [
        "{a}.sum()", "np.sum({a})", "np.add.reduce({a}, axis=None)", "np.sum({a}.ravel())",
        "np.mean({a}) * {a}.size", "np.vdot({a}, np.ones({a}.shape))", "np.einsum('...->', {a})",
        "{a}.reshape(-1) @ np.ones({a}.size)",
    ],
    "sum0": [
        "{a}.sum(0)", "np.sum({a}, axis=0)", "np.add.reduce({a})",
        "np.ones(len({a})) @ {a}.reshape(len({a}), -1)", "np.sum({a}, 0, keepdims=True)[0]",
        "np.cumsum({a}, axis=0)[-1]", "np.add.accumulate({a})[-1]",
    ],
    "largest": [
        "{a}.max()", "np.max({a})", "np.maximum.reduce({a}, axis=None)", "np.amax({a})", "-np.min(-{a})",
    ],
    "product": ["{a}.prod()", "np.prod({a})", "np.multiply.reduce({a}, axis=None)", "np.cumprod({a})[-1]"],
    "mean": ["{a}.mean()", "np.mean({a})", "np.sum({a}) / {a}.size", "np.average({a})"],
    "variance": [
        "{a}.var()", "np.var({a})", "np.mean(({a} - {a}.mean())**2)", "np.mean({a}**2) - np.mean({a})**2",
    ],
    "matmul": [
        "{m} @ {m}.T", "np.matmul({m}, {m}.T)", "np.dot({m}, {m}.T)", "np.einsum('ij,kj->ik', {m}, {m})",
        "np.inner({m}, {m})", "np.tensordot({m}, {m}, axes=([1], [1]))",
    ],
    "inner": [
        "{v} @ {v}", "np.dot({v}, {v})", "np.inner({v}, {v})", "np.vdot({v}, {v})", "np.sum({v} * {v})",
        "np.einsum('i,i->', {v}, {v})", "{v}.dot({v})",
    ],
    "outer": [
        "np.outer({v}, {v})", "{v}[:, None] * {v}", "np.multiply.outer({v}, {v})",
        "np.einsum('i,j->ij', {v}, {v})", "np.tensordot({v}, {v}, 0)",
    ],
    "transpose": [
        "{m}.T", "np.transpose({m})", "{m}.transpose(1, 0)", "np.swapaxes({m}, 0, 1)",
        "np.moveaxis({m}, 0, -1)", "np.einsum('ij->ji', {m})",
    ],
    "flat": ["{a}.ravel()", "{a}.reshape(-1)", "np.ravel({a})", "{a}.flatten()", "np.reshape({a}, {a}.size)"],
    "reversed": [
        "{a}[::-1]", "np.flip({a}, 0)", "{a}[list(range(len({a})))[::-1]]",
        "np.take({a}, np.arange(len({a}))[::-1], 0)",
    ],
    "clip": ["np.clip({a}, -1.0, 1.0)", "{a}.clip(-1.0, 1.0)", "np.minimum(np.maximum({a}, -1.0), 1.0)"],
    "relu": ["np.maximum({a}, 0)", "np.maximum(0.0, {a})", "np.clip({a}, 0, None)"],
    "stack": [
        "np.stack([{a}, {a}])", "np.concatenate([{a}[None], {a}[None]])",
        "np.array([1.0, 1.0])[(...,) + (None,) * {a}.ndim] * {a}",
    ],
    "logistic": ["special.expit({a})", "1 / (1 + np.exp(-{a}))", "0.5 * (np.tanh({a} / 2) + 1)"],
    "softplus": [
        "np.logaddexp(0, {a})", "np.log1p(np.exp({a}))", "np.logaddexp({a}, 0.0)",
        "-np.log(special.expit(-{a}))",
    ],
    "softmax": [
        "jsp.softmax({v})", "np.exp({v}) / np.exp({v}).sum()", "np.exp({v} - jsp.logsumexp({v}))",
        "np.exp(jsp.log_softmax({v}))",
    ],
}  # fmt: skip

SMOOTH = [
    "np.sin({a})", "np.cos({a}) + {b}", "np.tanh({a})", "np.exp(-{a}**2)", "np.exp(np.sin({a}))",
    "np.arctan({a}) * {b}", "np.log({a}**2 + 0.5)", "np.log1p(np.abs({a}))", "np.sqrt({a}**2 + {b}**2 + 0.1)",
    "np.arctan2({a}, {b}**2 + 1)", "np.hypot({a}, {b} + 3)", "np.logaddexp({a}, {b})",
    "np.power({a}**2 + 0.5, {b} / 4)", "({a}**2 + 1) ** {s}", "np.arcsin(np.tanh({a}) * 0.9)",
    "np.arccos(np.sin({a}) * 0.9)", "np.arcsinh({a})", "np.arccosh({a}**2 + 1.5)",
    "np.arctanh(np.sin({a}) * 0.9)", "np.sinh(np.tanh({a}))", "np.cosh(np.sin({a}))", "np.expm1({a} / 4)",
    "np.cbrt({a}**2 + 1)", "np.log2({a}**2 + 2)", "np.log10({a}**2 + 2)", "np.exp2(np.cos({a}))",
    "special.erf({a})", "special.erfc({a})", "special.gammaln({a}**2 + 0.7)", "special.digamma({a}**2 + 0.7)",
    "special.expit({a}) * {b}", "special.xlogy({a}**2 + 0.1, {b}**2 + 1)", "jsp.logsumexp({a})",
    "jsp.log_softmax({v})", "jsp.softmax({a}, axis={ax})", "{a} * {s} + {b}", "{k} * {a} + {k}", "{a} @ {b}",
    "np.tan(np.tanh({a}))", "np.logaddexp2({a}, {b})", "np.sinc({a})",
    "special.logit(special.expit({a}) * 0.9 + 0.05)",
]  # fmt: skip

RANGES = [
    "{a}[1:]", "{a}[:-1] - {a}[1:]", "{a}[::2]", "{a}[::-1]", "{a}[..., None]", "{a}[None]", "{a}[..., 0]",
    "{a}[-1]", "{a}[0] * {a}[-1]", "{a}[1:][::2][::-1]", "{a}.T", "{a}.T[0]", "{a}.reshape(-1)[::3]",
    "{m}[:, 1:]", "{m}[:, ::-1]", "{m}[1:, :-1] + {m}[:-1, 1:]", "np.diff({a}, axis={ax})", "np.roll({a}, 2)",
    "np.roll({a}, -1, axis={ax})", "np.flip({a})", "np.concatenate([{a}, {a}[::-1]])",
    "np.concatenate([{v}[1:], {v}[:1], {v}[:2]])", "np.stack([{a}, {a} * 2], axis=-1)",
    "np.hstack([{v}, {v}])", "np.vstack([{v}, {v}])", "np.pad({a}, 1)", "np.pad({v}, (2, 1), mode='edge')",
    "np.tile({v}, 3)", "np.repeat({a}, 2, axis={ax})", "np.swapaxes({a}, 0, -1)", "np.moveaxis({a}, -1, 0)",
    "np.expand_dims({a}, {ax})", "np.squeeze({a}[None])", "np.broadcast_to({a}, (2,) + {a}.shape)",
    "np.split({v}, [1, 3])[1]", "np.array_split({v}, 2)[0]", "np.tril({m})", "np.triu({m}, 1)",
    "np.diag({v})", "np.diag({m})", "np.trace({m})", "np.outer({v}, {v})", "np.kron({v}, {v}[:2])",
    "np.append({v}, {v}[0])", "np.delete({v}, 1)", "np.meshgrid({v}, {v}[:2])[0]",
    "np.einsum('ij,ij->i', {m}, {m})", "np.einsum('ii->i', {m})", "np.einsum('ij,jk->k', {m}, {m}.T)",
    "{m} @ {v}", "{v} @ {m}", "np.matmul({m}.T, {m})", "np.tensordot({a}, {a}, axes=([0], [0]))",
    "np.cross({v}[:3], {v}[:3][::-1])", "np.vander({v}, 3)", "np.convolve({v}, [1.0, -2.0, 0.5])",
    "np.polyval({v}[:3], {a})", "np.gradient({v})", "np.trapezoid({v})", "np.cov({m})",
]  # fmt: skip

INDEXING = [
    "{a}[{i}]", "{a}[np.array({i})]", "{a}[{i}, {j}]", "{m}[:, {j}]", "np.take({a}, {i}, axis=0)",
    "{a}.take({i})", "{a}[{mask}]", "{a}[np.array({mask})]", "{a}[{i}][{mask}]", "{m}[{i}][:, {j}]",
    "{m}[np.ix_({i}, {j})]", "{m}[np.array({i})[:, None], {j}]", "np.take({a}, [{i}, {i}], axis=0)",
    "{a}[{i}] * {a}[{i}][::-1]", "{a}[{n} % len({a})]", "np.take({v}, {n} % {v}.size)",
    "{a}[np.array({i})] - {a}[{i}[0]]", "np.take_along_axis({v}, np.array({i}), 0)",
    "np.compress({mask}, {a}, axis=0)", "np.choose({i}, [{s}, {s}, {s}], mode='wrap') * {v}[0]",
    "{a}[..., {i}]", "{v}[np.array([{i}, {i}])]", "{a}[np.argmax({v}) % len({a})]",
]  # fmt: skip

REDUCTIONS = [
    "np.sum({a}, axis={ax})", "{a}.sum(axis=-1, keepdims=True)", "np.mean({a}, axis={ax}, keepdims=True)",
    "np.var({a}, axis={ax})", "np.std({a} + {k}, axis={ax}, ddof=0)", "np.max({a}, axis={ax})",
    "{a}.min(axis={ax})", "np.prod({a} / 2, axis={ax})", "np.cumsum({a}, axis={ax})",
    "np.cumprod({a} / 2, axis={ax})", "np.cumsum({a})", "np.linalg.norm({a})", "np.linalg.norm({m}, axis=1)",
    "np.linalg.norm({v}, ord=1)", "np.sum({a}, where={c})", "np.max({a}, initial=0.5)",
    "np.ptp({a}, axis={ax})", "np.average({v}, weights={v}**2 + 1)", "np.sum({a} * {b}, axis=None)",
    "jsp.logsumexp({a}, axis={ax})", "np.nansum({a})", "np.median([1.0, 2.0]) * {a}",
    "np.add.accumulate({v})", "np.maximum.reduce({a})", "np.ediff1d({v})", "np.sum({a}, axis=(0, -1))",
    "np.sum({a}, dtype=np.float32)", "np.max({a}, where={c}, initial=-9.0)",
]  # fmt: skip

#: Branches on values, at the values: ties, zeros, powers of zero.
KINKS = [
    "np.where({a} == 1.0, 2 * {a} - 1, {a} * {a})",
    "np.where({a} == 0, 1.0, np.sin({a}) / np.where({a} == 0, 1.0, {a}))", "{a} ** 0", "{a} ** 1", "{a} ** 3",
    "np.prod({a})", "np.prod({a}, axis={ax})", "np.cumprod({a})", "np.abs({a})", "np.maximum({a}, {b})",
    "np.minimum({a}, 0.0)", "np.clip({a}, 0.0, 1.0)", "np.fmax({a}, {b})", "np.fmin({a}, 1.0)",
    "np.sign({a}) * {a}", "np.max({a})", "np.min({a}, axis={ax})", "np.heaviside({a}, 0.5) * {b}",
    "np.copysign({a}, {b})", "np.hypot({a}, {a})", "np.arctan2({a}, {b})", "{a} % 1.0",
    "np.remainder({a}, 2.0)", "{a} // 1.0 + {b}", "np.fmod({a}, 1.5)", "np.floor({a}) * {a}",
    "np.rint({a}) + {a}", "np.power({a}, 2.0)", "np.power({a}, np.array(3))",
    "np.select([{a} > 1, {a} == 1], [{a}, {b}], {a} * {b})", "np.where({a} >= {a}, {a}, {b})",
    "np.linalg.norm({a})", "np.std({a})", "special.xlogy({a}, {a}**2 + 1)", "np.nan_to_num({a})",
    "np.modf({a})[0]",
]  # fmt: skip

#: `where` with branches that may be constant, and branches that are not finite where they are not taken.
WHERE = [
    "np.where({c}, {a}, {b})", "np.where({c}, {s}, {b})", "np.where({c}, {a}, {s})",
    "np.where({c}, {k}, {a})", "np.where({c}, {a}, {k})", "np.where({c}, {s}, {s}) + {a}",
    "np.where({k} > 0, {a}, {b})", "np.where({k} > 0, {a}, {s})", "np.where({a} > 0, {s}, {k})",
    "np.where({a} > {b}, {a}, {s})", "np.where({a} > 0, np.log({a}), {b})",
    "np.where({a} > 0.1, np.sqrt({a}), {s})", "np.where(np.abs({a}) < 0.9, np.arcsin({a}), {b})",
    "np.where({a} != 0, {b} / {a}, {s})", "np.where({a} > 0.1, {a} ** {b}, {a})",
    "np.where(np.abs({a}) < 0.9, np.arctanh({a}), {a})",
    "np.where({a} > 0.1, np.log(np.sqrt({a})) * {b}, {s})", "np.sum(np.where({a} > 0.1, np.log({a}), 0.0))",
    "np.where({a} > 1.1, np.arccosh({a}), 0)", "np.where({c}, np.where({a} > 0.1, np.log({a}), {s}), {b})",
    "np.select([{c}, {a} > 1], [{a}, {s}], {b})", "np.where({c}, {a}, np.inf) * np.where({c}, 1.0, 0.0)",
    "np.where({a} > 0.1, np.sum(np.where({a} > 0.1, np.log({a}), 0.0)) * {a}, {b})",
    "np.where({c}, {a}[::-1], {b})",
]  # fmt: skip

OTHER = [
    "{a} > {b}", "np.isfinite({a})", "{c} & ({a} > 0)", "~{c}", "np.logical_or({c}, {a} < 0)",
    "np.argmax({a}, axis={ax})", "np.argmin({v})", "{a}.astype(np.float32)", "{a}.astype(int)",
    "np.floor({a}).astype(np.int64)", "{n} + 1", "{n} * {a}", "{n} // 2", "{n} % 3",
    "np.sum({a} > 0, axis={ax})", "{c} * {a}", "{c}.astype(float)", "np.zeros_like({a})",
    "np.ones({a}.shape) * {a}", "np.full({a}.shape, 2.0)", "np.arange(len({a})) * 1.0", "np.eye(len({a}))",
    "np.linspace(0, 1, len({a}))", "{a}.copy()", "np.any({c})", "np.all({a} > -9, axis={ax})",
    "np.round({a}, 1)", "{a}.item() if {a}.size == 1 else {a}[0]", "np.count_nonzero({c})", "{n} << 1",
    "{n} ^ 3", "np.isclose({a}, 1.0)", "divmod({a}, 2.0)[1]", "np.float32(1.5) * {a}", "np.int64(2) * {a}",
    "True * {a}", "{a} if {a}.ndim else {a} + 1",
]  # fmt: skip
