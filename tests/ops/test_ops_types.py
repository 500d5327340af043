"""The shape and dtype rules: what references give, and what operands are refused."""

from __future__ import annotations

import numpy as np
import pytest
from ops_programs import STRUCTURED, cases, program

import jitad.ops as ops
from jitad.ir.builder import Builder
from jitad.ir.op import REGISTRY
from jitad.ir.types import F32, F64, IRTypeError, type_of

KEYWORDS = {name: f"{name}_" for name in ("and", "breakpoint", "for", "not", "or", "print", "while")}


def test_every_op_is_public_and_documented():
    names = [KEYWORDS.get(name, name) for name in REGISTRY]
    assert sorted(names) == sorted(ops.__all__)
    for name, op in zip(names, REGISTRY.values()):
        assert getattr(ops, name) is op
        assert op.doc and (op.samples or op.name in STRUCTURED)


@pytest.mark.parametrize("name", REGISTRY)
def test_reference_has_the_inferred_type(name):
    for op, sample, which in cases():
        if op.name != name:
            continue
        (result,) = program(op, sample).results
        out = np.asarray(op.reference(*sample.operands, **sample.attrs))
        assert (out.dtype, out.shape) == (result.dtype, result.shape), which


@pytest.mark.parametrize("name", sorted(REGISTRY.keys() - STRUCTURED))
def test_samples_cover_shapes_and_dtypes(name):
    op = REGISTRY[name]
    shapes = {np.shape(x) for s in op.samples for x in s.operands}
    assert () in shapes or any(len(s) for s in shapes) or name == "iota"
    if op.differentiable:
        dtypes = {np.asarray(x).dtype.name for s in op.samples for x in s.operands}
        assert {"float64", "float32"} <= dtypes
        assert any(np.size(x) == 0 for s in op.samples for x in s.operands)


def _refused(op, *types, **attrs):
    b = Builder()
    with b, pytest.raises(IRTypeError) as error:
        op(*[b.param(t) for t in types], **attrs)
    return str(error.value)


def test_errors_say_what_was_found():
    m, v = type_of(F64, (3, 4)), type_of(F64, (5,))
    assert _refused(ops.sum, m, axes=(2,)) == "sum: axis 2 is outside f64[3,4], which has 2 axes"
    assert _refused(ops.add, m, v) == "add: operands f64[3,4], f64[5] differ in shape"
    assert "differ in dtype" in _refused(ops.mul, v, type_of(F32, (5,)))
    assert "takes floats, got i64[5]" in _refused(ops.sin, type_of("i8", (5,)))
    assert "not bool" in _refused(ops.select, v, v, v)
    assert "outside f64[5]" in _refused(ops.slice, v, start=(3,), step=(1,), shape=(3,))
    assert "12 elements" in _refused(ops.reshape, m, shape=(5,))
    assert "no permutation" in _refused(ops.transpose, m, axes=(0, 0))
    assert "differ in length" in _refused(ops.dot, m, v, contract=((1,), (0,)), batch=((), ()))
    assert "no identity" in _refused(ops.reduce_max, type_of(F64, (0,)), axes=(0,))
    assert "not i64" in _refused(ops.gather, v, type_of("i4", (2,)))
    assert "the update is f64[5]" in _refused(ops.scatter_add, m, v, type_of("i8", (2,)))
    assert "differ elsewhere" in _refused(ops.concatenate, m, v, axis=0)
    assert "increasing" in _refused(ops.broadcast, m, shape=(4, 3), axes=(1, 0))


@pytest.mark.parametrize(
    "name", [op.name for op in REGISTRY.values() if op.elementwise and op.name != "iota"]
)
def test_rank_0_operands_spread(name):
    op = REGISTRY[name]
    for sample in op.samples:
        shapes = {np.shape(x) for x in sample.operands} - {()}
        (result,) = program(op, sample).results
        assert result.shape == (shapes.pop() if shapes else ())


def test_index_errors_come_from_the_reference():
    with pytest.raises(IndexError):
        ops.gather.reference(np.zeros(3), np.array([3]))
    with pytest.raises(IndexError):
        ops.scatter_add.reference(np.zeros(3), np.zeros(1), np.array([-4]))
