"""Errors are part of the interface: they name the argument, the user's line and what to do."""

import re
from pathlib import Path

import numpy as np
import pytest

import jitad as jad

A = np.array([1.0, 2.0, 3.0])
HERE = Path(__file__).name


def line_of(marker):
    """`file:line` of the line of this file that ends in `# marker`."""
    lines = Path(__file__).read_text().splitlines()
    (number,) = [i for i, text in enumerate(lines, 1) if text.endswith(f"# {marker}")]
    return re.escape(f"{HERE}:{number}")


@pytest.mark.parametrize(
    ("x", "error", "text"),
    [
        (A.astype(np.float16), TypeError, r"argument w has dtype float16.*w\.astype\(np\.float32\)"),
        (A.astype(np.longdouble), TypeError, r"argument w has dtype .*w\.astype\(np\.float64\)"),
        (A.astype(object), TypeError, r"argument w has dtype object"),
        (np.array(["a"]), TypeError, "argument w has dtype <U1.*pass numbers"),
        (np.array(["2020-01-01"], "M8[D]"), TypeError, "argument w has dtype datetime64"),
        (
            A + 1j,
            NotImplementedError,
            "argument w has dtype complex128; complex numbers are not supported yet",
        ),
        (1j, NotImplementedError, "argument w is complex"),
        ("text", TypeError, "argument w is a str.*static_argnums"),
        (print, TypeError, "argument w is a builtin_function_or_method"),
        ({"a": [1.0, "x"]}, TypeError, r"argument w\['a'\]\[1\] is a str"),
        (A.view(np.matrix), TypeError, r"argument w is a matrix; pass an ndarray: np\.asarray\(w\)"),
        (np.ma.masked_array(A), TypeError, "argument w is a MaskedArray"),
    ],
    ids=lambda v: type(v).__name__ if not isinstance(v, str) else "",
)
def test_arguments_that_are_no_arrays_or_numbers(x, error, text):
    for transform in (jad.jit, jad.grad):
        with pytest.raises(error, match=text):
            transform(lambda v, w: v)(1.0, x)


def test_results_that_are_no_arrays_or_numbers():
    with pytest.raises(TypeError, match=r"the result of .* has a leaf of type str; results are trees"):
        jad.jit(lambda x: (x, "text"))(1.0)
    for result in (np.zeros(2, np.float16), np.float16(1), np.zeros(2, object)):
        with pytest.raises(TypeError, match=rf"the result of .*{HERE}.*: dtype (float16|object) is not supp"):
            jad.jit(lambda x, result=result: (x, result))(1.0)
    for result in (1j, np.zeros(2, complex)):
        with pytest.raises(NotImplementedError, match=rf"the result of .*{HERE}.*: complex numbers"):
            jad.jit(lambda x, result=result: (x, result))(1.0)


@pytest.mark.parametrize("transform", [jad.grad, jad.value_and_grad], ids=["grad", "value_and_grad"])
@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x: x, r"value must be a scalar, but it is f64\[3\]; reduce it"),
        (lambda x: np.sum(x, keepdims=True), r"value has shape \(1,\), not \(\); return its only element"),
        (lambda x: np.argmax(x), "value must be floating point, but it is i64"),
        (lambda x: np.all(x > 0), "value must be floating point, but it is bool"),
        (lambda x: (x[0], x[1]), "must return one scalar, but it returns 2 values"),
        (lambda x: None, "must return one scalar, but it returns 0 values"),
    ],
    ids=["array", "one", "int", "bool", "tuple", "None"],
)
def test_gradients_of_no_scalar(transform, f, text):
    with pytest.raises(TypeError, match=rf"{transform.__name__} of .*<lambda> \(.*{HERE}:\d+\).*{text}"):
        transform(f)(A)


@pytest.mark.parametrize("x", [np.arange(3), np.array([True]), np.int64(1), True, {"a": np.arange(3)}, ()])
def test_gradients_with_respect_to_integers(x):
    with pytest.raises(
        TypeError, match=r"with respect to x: it is .* only floating-point values have derivatives"
    ):
        jad.grad(lambda x: 1.0)(x)


def test_argnums_errors():
    with pytest.raises(ValueError, match=r"argnums 2 of .* the call has 2 positional arguments"):
        jad.grad(lambda x, y: x, argnums=2)(1.0, 2.0)
    with pytest.raises(ValueError, match="names an argument twice"):
        jad.grad(lambda x, y: x, argnums=(0, -2))(1.0, 2.0)
    with pytest.raises(TypeError, match="argnums is a position"):
        jad.grad(lambda x: x, argnums="x")


def test_has_aux_needs_a_pair():
    with pytest.raises(TypeError, match=r"must return a pair \(value, auxiliary\)"):
        jad.grad(lambda x: np.sum(x), has_aux=True)(A)


def test_missing_arguments():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        jad.jit(lambda x, y: x)(1.0)


def test_shape_errors_name_the_line():
    def f(x, y):
        return x + y  # shapes

    with pytest.raises(ValueError, match="(?s)broadcast.*" + line_of("shapes")) as caught:
        jad.jit(f)(A, np.ones(4))
    assert "f64[3]" in str(caught.value) and "f64[4]" in str(caught.value)


def test_a_condition_without_source_says_that_it_is_one():
    scope = {}
    exec("def f(x):\n    if x[0] > 0:\n        return x\n    return -x", scope)
    with pytest.raises(NotImplementedError, match=r"<traced bool .*> was used as a condition.*np\.where"):
        jad.jit(scope["f"])(A)


def test_an_array_is_no_condition():
    def f(x):
        return x if x > 0 else -x  # condition

    with pytest.raises(ValueError, match="ambiguous"):
        jad.jit(f)(A)


def test_sizes_that_elements_of_arrays_give():
    with pytest.raises(NotImplementedError, match="static_argnums"):
        jad.jit(lambda n: sum(range(n)))(np.int64(3))
    with pytest.raises(NotImplementedError, match=f"depends on elements of an array.*|{HERE}"):
        jad.jit(lambda n: np.zeros(n[0]))(np.array([3]))
    np.testing.assert_array_equal(jad.jit(lambda n: np.zeros(n), static_argnums=0)(3), np.zeros(3))


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (complex, r"was passed to complex\(\)"),
        (lambda x: [1, 2][x.astype(int)], "size or an index"),
        (lambda x: np.linalg.svd(x), "svd"),
    ],
)
def test_numbers_that_are_not_known(f, text):
    with pytest.raises(NotImplementedError, match=f"(?s){text}.*{HERE}|{HERE}.*{text}"):
        jad.jit(lambda x: f(x))(1.0)


def test_elements_of_concrete_arrays():
    """Arrays from outside the traced function cannot hold traced values."""
    outside = np.zeros(3)

    def captured(x):
        outside[1] = x[0]  # captured
        return x

    def in_place(x):
        y = outside
        y += x  # in_place
        return y

    for f, mark in ((captured, "captured"), (in_place, "in_place")):
        for transform in (jad.jit, lambda f: jad.grad(lambda x: np.sum(f(x)))):
            with pytest.raises(NotImplementedError, match="writing into the array outside.*" + line_of(mark)):
                transform(f)(A)
    assert not outside.any()
    with pytest.raises(ValueError, match=r"inhomogeneous|a sequence"):
        jad.jit(lambda x: np.array([[1.0], [1.0, 2.0]]) * x)(1.0)


def test_setting_a_shape():
    def f(x):
        x.shape = (3, 1)
        return x

    with pytest.raises(NotImplementedError, match=rf"setting the shape.*{HERE}.*reshape\(\(3, 1\)\)"):
        jad.jit(f)(A)


def test_index_errors_name_the_line():
    def f(x, i):
        y = 2 * x
        return y[i]  # index

    for g in (
        jad.jit(f),
        jad.grad(lambda x, i: np.sum(f(x, i))),
        jad.jit(jad.grad(lambda x, i: np.sum(f(x, i)))),
    ):
        with pytest.raises(IndexError, match=f"(?s)axis.*from .*{line_of('index')}"):
            g(A, np.array([0, 3]))
        g(A, np.array([0, -3]))


def test_printing_shows_the_type(capsys):
    def f(x):
        print(x, f"{x * 2}")
        return x

    jad.jit(f)(A)
    assert re.search(rf"<traced f64\[3\] .*> <traced f64\[3\] from .*{HERE}:\d+>", capsys.readouterr().out)


def test_tangent_errors():
    f = lambda x, n: np.sum(x)
    with pytest.raises(ValueError, match=r"tangents\[0\] has shape \(2,\), but \(3,\) is required"):
        jad.jvp(np.sum, (A,), (np.ones(2),))
    with pytest.raises(TypeError, match=r"tangents\[0\] is f32\[3\].*astype\(np\.float64\)"):
        jad.jvp(np.sum, (A,), (A.astype(np.float32),))
    with pytest.raises(TypeError, match=r"tangents\[0\] is i64\[3\]"):
        jad.jvp(np.sum, (A,), (np.ones(3, int),))
    with pytest.raises(TypeError, match="must have the structure"):
        jad.jvp(lambda p: p["a"], ({"a": 1.0},), ({"b": 1.0},))
    with pytest.raises(TypeError, match="1 primals, but 2 tangents"):
        jad.jvp(np.sum, (A,), (A, A))
    with pytest.raises(TypeError, match=r"as in jvp\(f, \(x,\), \(t,\)\)"):
        jad.jvp(np.sum, A, A)
    with pytest.raises(TypeError, match="with respect to n"):
        jad.vjp(f, A, np.arange(2))


def test_derivative_needs_a_scalar():
    with pytest.raises(TypeError, match=r"x must be a scalar, but it is f64\[3\]; use grad or jvp"):
        jad.derivative(lambda x: x)(A)


def test_out_inside_a_traced_function():
    g = jad.jit(lambda x: x * 2)
    with pytest.raises(NotImplementedError, match=r"out= of <lambda> inside a traced function"):
        jad.jit(lambda x: g(x, out=np.zeros(3)))(A)
