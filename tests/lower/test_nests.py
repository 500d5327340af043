"""Programs at loop sizes: fusion, in-place updates, products, scans, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from jitad import ops
from jitad.ir.graph import Value
from jitad.lower import lower, plan, stream

from .native import build, compile_function, run

rng = np.random.default_rng(0)
A, B = rng.normal(size=(30, 40)), rng.normal(size=(40, 50))
v, w = rng.normal(size=40), rng.normal(size=30)
x = np.linspace(0.1, 2.0, 1000)


def take(a: Value, start: int, stop: int, step: int = 1) -> Value:
    return ops.slice(a, start=(start,), step=(step,), shape=(len(range(start, stop, step)),))


def matmul(a: Value, b: Value) -> Value:
    return ops.dot(a, b, contract=((a.ndim - 1,), (0,)), batch=((), ()))


def transpose(a: Value) -> Value:
    return ops.transpose(a, axes=(1, 0))


def agree(make, reference, *arrays: np.ndarray, rtol: float = 1e-12) -> None:
    want = reference(*arrays)
    for got, expected in zip(
        run(build(make, *arrays), *arrays), want if isinstance(want, tuple) else (want,)
    ):
        np.testing.assert_allclose(got, expected, rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("n", [17, 31, 40, 1000, 4096 * 9 + 5, 4096 * 64 * 2 + 4100])
def test_sum_at_every_block_structure(n: int) -> None:
    a = np.linspace(0.1, 2.0, n)
    agree(lambda a: ops.sum(ops.sin(a) * a, axes=(0,)), lambda a: np.sum(np.sin(a) * a), a)


def test_sum_is_as_accurate_as_pairwise_summation() -> None:
    a = rng.uniform(size=3_000_000)
    exact = float(np.sum(a.astype(np.longdouble)))
    (got,) = run(build(lambda a: ops.sum(a, axes=(0,)), a), a)
    assert abs(got - exact) <= 4 * abs(np.sum(a) - exact) + 8 * np.spacing(exact)


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)])
def test_reductions_over_any_axes(axes: tuple[int, ...]) -> None:
    a = rng.normal(size=(7, 9, 11))
    agree(
        lambda a: [ops.sum(ops.exp(a), axes=axes), ops.reduce_max(a, axes=axes), a * 2.0],
        lambda a: (np.exp(a).sum(axis=axes), a.max(axis=axes), 2 * a),
        a,
    )


@pytest.mark.parametrize(
    ("make", "reference", "arrays"),
    [
        (matmul, lambda a, b: a @ b, (A, B)),
        (lambda a, b: matmul(transpose(a), transpose(b)), lambda a, b: a.T @ b.T, (A.T.copy(), B.T.copy())),
        (matmul, lambda a, b: a @ b, (A, v)),
        (matmul, lambda a, b: a @ b, (w, A)),
        (lambda a, b: matmul(transpose(a), b), lambda a, b: a.T @ b, (A, w)),
        (lambda a, b: matmul(a, ops.exp(b)), lambda a, b: a @ np.exp(b), (v, v)),
        (lambda a: matmul(a, transpose(a)), lambda a: a @ a.T, (A,)),
        (lambda a, b: matmul(ops.exp(a), b * 2.0), lambda a, b: np.exp(a) @ (b * 2), (A, B)),
        (lambda a, b: matmul(a, b), lambda a, b: a @ b, (A.astype("f4"), B.astype("f4"))),
    ],
    ids=range(9),
)
def test_products(make, reference, arrays) -> None:
    agree(make, reference, *arrays, rtol=1e-12 if arrays[0].dtype == np.float64 else 1e-3)


def test_product_with_a_batch_axis() -> None:
    a, b = rng.normal(size=(5, 6, 7)), rng.normal(size=(5, 7, 8))
    agree(lambda a, b: ops.dot(a, b, contract=((2,), (1,)), batch=((0,), (0,))), np.matmul, a, b)


def test_product_of_axes_that_blas_cannot_read() -> None:
    a, b = rng.normal(size=(6, 7, 5, 3)), rng.normal(size=(5, 6, 8))
    agree(
        lambda a, b: ops.dot(a, b, contract=((0, 2), (1, 0)), batch=((), ())),
        lambda a, b: np.einsum("abcd,cae->bde", a, b),
        a,
        b,
    )


def test_stencil_adjoint_is_cut_into_intervals() -> None:
    def make(a: Value) -> Value:
        zeros = a * 0.0
        inner = ops.add_at(zeros, take(a, 0, 998), start=(1,), step=(1,))
        return ops.add_at(inner, take(a, 2, 1000) * 3.0, start=(0,), step=(1,))

    def reference(a: np.ndarray) -> np.ndarray:
        out = np.zeros(1000)
        out[1:999] += a[:998]
        out[:998] += 3 * a[2:]
        return out

    agree(make, reference, x)


def test_long_chains_of_updates_happen_in_place() -> None:
    def make(a: Value) -> Value:
        out = a * 0.0
        for k in range(40):
            out = ops.add_at(out, take(a, k, k + 1), start=(999 - k,), step=(1,))
        return out

    def reference(a: np.ndarray) -> np.ndarray:
        out = np.zeros(1000)
        out[960:] = a[:40][::-1]
        return out

    agree(make, reference, x)
    assert lower(build(make, x), "jitad.chain").workspace_bytes <= 8192


def test_strided_update_and_its_old_value_both_live() -> None:
    def make(a: Value) -> list[Value]:
        base = ops.exp(a)
        return [ops.add_at(base, take(a, 0, 500), start=(0,), step=(2,)), base]

    def reference(a: np.ndarray) -> tuple[np.ndarray, ...]:
        out = np.exp(a)
        out[::2] += a[:500]
        return out, np.exp(a)

    agree(make, reference, x)


def test_softmax_rows() -> None:
    def make(a: Value) -> Value:
        def rows(r: Value) -> Value:
            return ops.broadcast(r, shape=(30, 40), axes=(0,))

        e = ops.exp(a - rows(ops.reduce_max(a, axes=(1,))))
        return e / rows(ops.sum(e, axes=(1,)))

    def reference(a: np.ndarray) -> np.ndarray:
        e = np.exp(a - a.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    agree(make, reference, A)


def test_scans_and_positions_along_any_axis() -> None:
    agree(
        lambda a: [
            ops.cumsum(a, axis=0, reverse=True),
            ops.cumprod(a, axis=1, reverse=False),
            ops.argmax(a, axis=1),
        ],
        lambda a: (a[::-1].cumsum(0)[::-1], a.cumprod(1), a.argmax(1)),
        A,
    )


def test_gather_and_scatter_with_repeated_and_negative_indices() -> None:
    i = np.array([3, -1, 7] * 10)

    def reference(a: np.ndarray, i: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, ...]:
        out = np.exp(a)
        np.add.at(out, i, u)
        return a[i], a[i, i], out

    agree(
        lambda a, i, u: [ops.gather(a, i), ops.gather(a, i, i), ops.scatter_add(ops.exp(a), u, i)],
        reference,
        A,
        i,
        rng.normal(size=(30, 40)),
    )


@pytest.mark.parametrize("bad", [30, -31, 10**12])
def test_index_out_of_range_is_reported_and_nothing_is_read(bad: int) -> None:
    low, call = compile_function(build(lambda a, i: ops.gather(a, i), A, np.array([1, bad])))
    status, _ = call(A, np.array([1, bad]))
    assert low.messages[status][0] is IndexError


def test_results_may_be_parameters_constants_aliases_and_duplicates() -> None:
    def make(a: Value) -> list[Value]:
        flat = ops.reshape(ops.exp(a), shape=(1200,))
        return [a, flat, flat, ops.reshape(a, shape=(40, 30)), ops.exp(a)]

    agree(
        make,
        lambda a: (a, np.exp(a).ravel(), np.exp(a).ravel(), a.reshape(40, 30), np.exp(a)),
        A,
    )


def test_elementwise_programs_need_no_workspace() -> None:
    fn = build(lambda a: ops.sum(ops.exp(a * 2.0) + ops.sin(a), axes=(0, 1)), A)
    assert lower(fn, "jitad.fused").workspace_bytes == 0


def test_large_workspaces_are_not_on_the_stack() -> None:
    fn = build(lambda a: matmul(ops.exp(a), transpose(ops.exp(a))), rng.normal(size=(200, 300)))
    low = lower(fn, "jitad.large")
    assert low.workspace_bytes >= 200 * 300 * 8 and "jitad.obtain" in low.llvm


def test_same_text_for_the_same_program() -> None:
    def make(a: Value) -> Value:
        return ops.sum(ops.exp(a) * ops.sin(a), axes=(0,))

    assert lower(build(make, x), "jitad.same").llvm == lower(build(make, x), "jitad.same").llvm


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", range(1, 17))
def test_registers_and_loops_sum_to_the_same_bits(
    n: int, dtype: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = rng.normal(size=n).astype(dtype)
    fn = build(lambda a: [ops.sum(a, axes=(0,)), ops.sum(a * a, axes=(0,))], a)
    registers = run(fn, a)
    monkeypatch.setattr(plan, "SMALL", 0)
    for x, y in zip(registers, run(fn, a)):
        assert x == y


@pytest.mark.parametrize("n", [15, 16, 40, 1003, 20_000])
def test_sums_of_single_precision_have_the_same_bits_beside_double_precision(n: int) -> None:
    a = rng.normal(size=n).astype(np.float32)
    pure = build(lambda a: ops.sum(ops.mul(a, a), axes=(0,)), a)

    def mixed(a: Value, b: Value) -> list[Value]:
        rounded = ops.convert(b, dtype=np.dtype(np.float32))
        return [
            ops.sum(ops.mul(rounded, rounded), axes=(0,)),
            ops.sum(ops.mul(b, b), axes=(0,)),
            ops.add(b, ops.convert(a, dtype=np.dtype(np.float64))),
        ]

    wide = a.astype(np.float64)
    (alone,), (beside, double, sums) = run(pure, a), run(build(mixed, a, wide), a, wide)
    assert alone == beside
    np.testing.assert_allclose(double, np.sum(wide * wide), rtol=1e-14)
    np.testing.assert_array_equal(sums, 2 * wide)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(7,), (8,), (20,), (37,), (1003,), (20_011,), (3, 45), (40, 9)])
def test_many_sums_in_one_nest_have_the_bits_of_each_alone(shape: tuple[int, ...], dtype: type) -> None:
    a = rng.normal(size=shape).astype(dtype)

    def powers(a: Value) -> list[Value]:
        terms = [ops.exp(a)]
        for _ in range(6):
            terms.append(ops.mul(terms[-1], a))
        return [ops.sum(term, axes=(a.ndim - 1,)) for term in terms]

    together = run(build(powers, a), a)
    for k, total in enumerate(together):
        np.testing.assert_array_equal(total, run(build(lambda a, k=k: powers(a)[k], a), a)[0])


def test_short_products_fuse_with_bias_and_activation() -> None:
    a, m, bias = rng.normal(size=(500, 3)), rng.normal(size=(3, 20)), rng.normal(size=20)

    def make(a: Value, m: Value, bias: Value) -> Value:
        return ops.tanh(matmul(a, m) + ops.broadcast(bias, shape=(500, 20), axes=(1,)))

    agree(make, lambda a, m, bias: np.tanh(a @ m + bias), a, m, bias)
    assert lower(build(make, a, m, bias), "jitad.layer").workspace_bytes == 0


def test_batches_of_small_products_call_no_blas() -> None:
    a, b = rng.normal(size=(50, 3, 4)), rng.normal(size=(50, 4, 3))

    def make(a: Value, b: Value) -> Value:
        return ops.dot(a, ops.exp(b), contract=((2,), (1,)), batch=((0,), (0,)))

    agree(make, lambda a, b: a @ np.exp(b), a, b)
    assert "blas" not in lower(build(make, a, b), "jitad.batch").llvm


@pytest.mark.parametrize("shape", [(40, 200), (130, 128), (200, 131), (3, 130)])
def test_transposed_operands_are_read_in_tiles(shape: tuple[int, int]) -> None:
    a, b = rng.normal(size=shape), rng.normal(size=shape[::-1])
    agree(
        lambda a, b: [
            a + transpose(b),
            ops.sum(a * transpose(b), axes=(0,)),
            ops.sum(transpose(b), axes=(1,)),
        ],
        lambda a, b: (a + b.T, (a * b.T).sum(0), b.T.sum(1)),
        a,
        b,
    )


@pytest.mark.parametrize("side", [0, 1])
def test_gram_matrices_by_one_triangle(side: int) -> None:
    a = rng.normal(size=(90, 110))

    def make(a: Value) -> Value:
        return ops.dot(a, a, contract=((side,), (side,)), batch=((), ()))

    agree(make, lambda a: a @ a.T if side else a.T @ a, a)
    assert "dsyrk" in lower(build(make, a), "jitad.gram").llvm


@pytest.mark.parametrize("n", [24, 27, 1000, 1003])
def test_maps_overwrite_operands_that_die(n: int) -> None:
    a, b = rng.normal(size=(n, 20)), rng.normal(size=20)

    def make(a: Value, b: Value) -> list[Value]:
        z = matmul(a, b)
        residual = ops.exp(z) - z
        return [
            ops.sum(z * z, axes=(0,)),
            matmul(transpose(a), residual),
            ops.reduce_max(residual, axes=(0,)),
        ]

    def reference(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
        z = a @ b
        return (z * z).sum(), a.T @ (np.exp(z) - z), (np.exp(z) - z).max()

    agree(make, reference, a, b)
    assert lower(build(make, a, b), "jitad.residual").workspace_bytes <= 8 * n + 256


@pytest.mark.parametrize("shape", [(1, 40), (7, 16), (7, 17), (7, 100), (30, 5), (3, 20, 11)])
@pytest.mark.parametrize("special", ["plain", "ties", "nan"])
def test_positions_of_the_first_extreme_element(shape: tuple[int, ...], special: str) -> None:
    a = rng.normal(size=shape)
    if special == "ties":
        a = np.round(a)
    if special == "nan":
        a[rng.random(shape) < 0.1] = np.nan
    axes = range(len(shape))
    agree(
        lambda a: [op(a, axis=axis) for axis in axes for op in (ops.argmax, ops.argmin)],
        lambda a: tuple(f(a, axis) for axis in axes for f in (np.argmax, np.argmin)),
        a,
    )


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("reverse", [False, True])
def test_scans_along_each_axis(axis: int, reverse: bool) -> None:
    a = rng.normal(size=(5, 7, 19))

    def reference(a: np.ndarray) -> np.ndarray:
        flipped = np.flip(a, axis) if reverse else a
        out = np.cumsum(np.exp(flipped), axis)
        return np.flip(out, axis) if reverse else out

    agree(lambda a: ops.cumsum(ops.exp(a), axis=axis, reverse=reverse), reference, a)


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_large_results_pass_the_caches_wherever_they_are(
    offset: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STREAM_BYTES", 1000)
    for dtype in (np.float64, np.float32, np.int64):
        a = (100 * rng.normal(size=1003)).astype(dtype)
        fn = build(lambda a: [a + a, ops.sum(a * a, axes=(0,))], a)
        low, call = compile_function(fn)
        assert "!nontemporal" in low.llvm and "fence" in low.llvm
        memory = np.zeros(1100, dtype)
        first = -memory.ctypes.data // memory.itemsize % (64 // memory.itemsize) + offset
        out = [memory[first : first + 1003], np.zeros((), dtype)]
        assert call.into(out, a) == 0
        np.testing.assert_array_equal(out[0], a + a)
        assert not memory[:first].any() and not memory[first + 1003 :].any()


@pytest.mark.parametrize("shape", [(100, 3), (300, 5), (17, 4), (3, 200, 4), (50, 2, 3), (1000, 1)])
def test_long_axes_outside_short_ones_fill_the_vectors(shape: tuple[int, ...]) -> None:
    a = rng.normal(size=shape)
    last = len(shape) - 1
    axes = tuple(range(len(shape)))

    def make(a: Value) -> list[Value]:
        row = ops.slice(a, start=(0,) * len(shape), step=(1,) * len(shape), shape=(1, *shape[1:]))
        row = ops.broadcast(ops.reshape(row, shape=shape[1:]), shape=shape, axes=axes[1:])
        e = ops.exp(a - row)
        return [
            e,
            ops.sum(e, axes=(last,)),
            ops.sum(e, axes=(0,)),
            ops.sum(e, axes=axes),
            ops.reduce_max(a, axes=(0,)),
        ]

    def reference(a: np.ndarray) -> tuple[np.ndarray, ...]:
        e = np.exp(a - a[:1])
        return e, e.sum(last), e.sum(0), e.sum(), a.max(0)

    agree(make, reference, a)


def test_what_a_map_overwrites_is_read_before_even_where_it_does_not_read_it():
    def program(x: Value, y: Value) -> tuple[Value, ...]:
        z = ops.cumsum(x, axis=0, reverse=False)
        return ops.set_at(z, y, start=(3,), step=(1,)), ops.mul(z, 3.0), ops.sum(z, axes=(0,))

    x, y = np.arange(40.0), np.ones(30)
    changed, tripled, total = run(build(program, x, y), x, y)
    z = np.cumsum(x)
    np.testing.assert_array_equal(tripled, 3 * z)
    np.testing.assert_array_equal(changed, np.concatenate([z[:3], y, z[33:]]))
    assert total == z.sum()
