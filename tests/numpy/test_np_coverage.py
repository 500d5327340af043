"""What is registered is tested, and the table in the documents is up to date."""

from __future__ import annotations

import re
from pathlib import Path

import np_cases
import numpy as np
import pytest

from jitad.capture.tracer import IMPLEMENTATIONS, METHODS
from jitad.numpy.core import COVERAGE
from jitad.numpy.unsupported import UNSUPPORTED
from tools.coverage_table import table

#: asked for by name in the issue that made the surface
PROMISED = """
    exp exp2 expm1 log log2 log10 log1p logaddexp sin cos tan arcsin arccos arctan arctan2 sinh cosh
    tanh arcsinh arccosh arctanh sqrt cbrt square reciprocal power abs sign floor ceil trunc rint
    maximum minimum fmax fmin clip where heaviside hypot copysign sum prod mean var std max min any all
    argmax argmin cumsum linalg.norm reshape ravel transpose swapaxes moveaxis squeeze expand_dims
    broadcast_to concatenate stack hstack vstack split flip roll pad tile repeat diff take zeros ones
    full arange linspace eye diag tril triu meshgrid outer tri triu_indices tril_indices vander delete
    append ndim shape size isnan isfinite isclose allclose nan_to_num dot matmul vdot inner cross
    tensordot einsum trace add subtract multiply divide floor_divide remainder negative equal not_equal
    less less_equal greater greater_equal logical_and logical_or logical_not logical_xor
""".split()
METHODS_OF_NDARRAY = """
    all any argmax argmin argpartition argsort astype byteswap choose clip compress conj conjugate copy
    cumprod cumsum diagonal dot dump dumps fill flatten getfield item max mean min nonzero partition
    prod put ravel repeat reshape resize round searchsorted setfield setflags sort squeeze std sum
    swapaxes take tobytes tofile tolist trace transpose var view
""".split()
ELSEWHERE = set(  # tested by themselves, those that write in tests/capture/test_mutation_functions.py
    "matvec vecmat full array asarray asanyarray ascontiguousarray astype "
    "copyto fill put place putmask fill_diagonal put_along_axis".split()
)


CREATORS = "zeros ones empty eye identity tri arange triu_indices tril_indices diag_indices indices".split()


def expressions(differentiated: bool = False) -> str:
    return "\n".join(e for _, e, d in np_cases.rows() if d or not differentiated)


@pytest.mark.parametrize("name", PROMISED)
def test_promised_functions_are_there(name: str) -> None:
    f = np
    for part in name.split("."):
        f = getattr(f, part)
    assert f in IMPLEMENTATIONS


def test_all_methods_of_arrays_answer() -> None:
    known = {m for m in dir(np.ndarray) if not m.startswith("_") and callable(getattr(np.ndarray, m))}
    assert set(METHODS_OF_NDARRAY) <= set(METHODS)
    assert known - set(METHODS) <= {"to_device", "tostring"}  # tostring: removed in NumPy 2.3


def test_every_operator_of_arrays_is_ours() -> None:
    names = "add sub mul truediv floordiv mod divmod pow matmul and or xor lshift rshift".split()
    wanted = {f"__{n}__" for n in names} | {f"__r{n}__" for n in names}
    wanted |= {f"__{n}__" for n in "eq ne lt le gt ge neg pos abs invert getitem".split()}
    assert wanted <= set(METHODS)


@pytest.mark.parametrize("name", [e.name for e in COVERAGE.values()])
def test_registered_functions_are_tested(name: str) -> None:
    entry = COVERAGE[name]
    last = name.rpartition(".")[2]
    if name.startswith("special.") or (entry.functions and isinstance(entry.functions[0], np.ufunc)):
        return  # looped over by test_np_ufuncs and test_np_compositions
    if last in ELSEWHERE or last.startswith("__"):
        return
    pattern = re.compile(rf"\.{last}\(")
    creates = (
        last
        in "zeros ones empty eye identity tri arange triu_indices tril_indices diag_indices indices".split()
    )
    positions = last in ("nonzero", "argwhere", "flatnonzero")
    assert creates or positions or pattern.search(expressions()), f"{name} is not in np_cases"
    if entry.differentiable and not creates and last not in NOT_SMOOTH:
        assert pattern.search(expressions(differentiated=True)), f"no derivative of {name} is checked"


#: their derivative is that of what they are made of, or of another row
NOT_SMOOTH = set(
    """
    array_split atleast_1d atleast_2d atleast_3d block broadcast_arrays clip column_stack compress copy
    diagonal dsplit dstack empty_like extract fliplr flipud hsplit item matrix_norm matrix_transpose
    meshgrid ones_like real reshape resize rollaxis tolist trace transpose unstack vsplit zeros_like
    """.split()
)


def test_unsupported_names_are_not_covered() -> None:
    assert not set(UNSUPPORTED) & set(COVERAGE)


@pytest.mark.skipif(not hasattr(np, "matvec"), reason="the table is made with a NumPy that has all functions")
def test_the_coverage_page_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "coverage.md"
    assert page.read_text(encoding="utf-8") == table()
