"""What the derivative transformations share: which leaves are active, and the function of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import ops, pipeline
from ..capture.run import Subprogram, capture_inner, inline, own_copies
from ..capture.source import at, definition_line
from ..capture.trace import current_trace
from ..capture.tracer import Traced, lift
from ..capture.trees import TreeSpec, flatten, paths, unflatten
from ..ir.graph import Function
from ..ir.named import named
from ..ir.types import F64, Type
from .binding import name_of, parameters_of
from .config import budget


class Structure(NamedTuple):
    """One differentiated argument, or the result, without its values.

    spec    its structure
    types   of all its leaves
    active  which leaves have derivatives; the others are integers or bools
    """

    spec: TreeSpec
    types: tuple[Type, ...]
    active: tuple[bool, ...]

    def tree(self, of_active: Sequence[Any], others: Sequence[Any] | None = None) -> Any:
        """The tree with these entries for the active leaves; the rest from `others` (per leaf), or None."""
        entries = iter(of_active)
        rest = others or [None] * len(self.active)
        return unflatten(self.spec, [next(entries) if on else x for x, on in zip(rest, self.active)])

    def inputs(self, tree: Any, name: str) -> list[Traced]:
        """The entries of `tree`, a tangent or cotangent, at the active leaves, checked and lifted.

        Raises TypeError for another structure or dtype, ValueError for another shape.
        """
        try:
            entries = list(self.spec.flatten_up_to(tree))
        except ValueError as error:
            raise TypeError(f"{name} must have the structure {self.spec}: {error}") from None
        names = [a.codify(name) for a in self.spec.accessors()]
        rows = zip(entries, self.types, names, self.active)
        return [cotangent_like(x, t, leaf) for x, t, leaf, on in rows if on]


class Point(NamedTuple):
    """Where a function is differentiated: its differentiated arguments and their active leaves.

    leaves  per argument, all its leaves
    inputs  the active leaves of all arguments, lifted
    names   of the inputs
    """

    structures: tuple[Structure, ...]
    leaves: list[list[Any]]
    inputs: list[Traced]
    names: list[str]

    def trees(self, of_inputs: Sequence[Any], others: Sequence[Sequence[Any]] | None = None) -> list[Any]:
        """One tree an argument with these entries for the active leaves; the rest from `others`."""
        return trees(self.structures, of_inputs, others)


def trees(
    structures: Sequence[Structure], entries: Sequence[Any], others: Sequence[Sequence[Any]] | None = None
) -> list[Any]:
    """Active entries of several arguments, dealt out to their trees."""
    rest = iter(entries)
    return [
        s.tree([next(rest) for on in s.active if on], None if others is None else others[i])
        for i, s in enumerate(structures)
    ]


#: Of a static argument: its tangents and cotangents are None.
STATIC = Structure(flatten(None)[1], (), ())


def point(
    f: Callable, what: str, values: Sequence[Any], names: Sequence[str], static: Sequence[int] = ()
) -> Point:
    """The active leaves of argument trees, lifted; Python ints count as floats.

    static  which of the arguments have no part in it
    Raises TypeError for an argument without any floating leaf, naming it.
    """
    structures: list[Structure] = []
    all_leaves: list[list[Any]] = []
    inputs: list[Traced] = []
    hints: list[str] = []
    for i, (value, name) in enumerate(zip(values, names, strict=True)):
        if i in static:
            structures.append(STATIC)
            all_leaves.append([])
            continue
        leaves, spec = flatten(value)
        named = list(paths(value, name))
        lifted = [_floating(lift_argument(x, n)) for x, n in zip(leaves, named)]
        active = tuple(x.dtype.kind == "f" for x in lifted)
        if not any(active):
            _refuse(f, what, name, lifted)
        structures.append(Structure(spec, tuple(x.type for x in lifted), active))
        all_leaves.append(leaves)
        inputs += [x for x in lifted if x.dtype.kind == "f"]
        hints += [n for x, n in zip(lifted, named) if x.dtype.kind == "f"]
    return Point(tuple(structures), all_leaves, inputs, hints)


def lift_argument(x: Any, name: str) -> Traced:
    """`lift` for a leaf of the argument called `name`."""
    try:
        return lift(x)
    except (TypeError, NotImplementedError) as error:
        raise type(error)(f"argument {name}: {error}") from None


def _floating(x: Traced) -> Traced:
    """A Python int as a float, everything else as it is."""
    if x.weak and x.dtype.kind == "i":
        return Traced(ops.convert(x.value, dtype=F64), x.home, True)
    return x


def _refuse(f: Callable, what: str, name: str, leaves: Sequence[Traced]) -> None:
    types = ", ".join(str(x.type) for x in leaves) or "nothing"
    raise TypeError(
        named(
            "not-differentiable",
            f"{what} of {name_of(f)}{at(definition_line(f))} with respect to {name}: it is {types}, but only "
            f"floating-point values have derivatives; convert it, as in {name}.astype(float), or choose "
            "another "
            "argument with argnums",
        )
    )


def program(f: Callable, point: Point, call: Callable[[Callable, list[Any]], Any]) -> Subprogram:
    """`f` as a function of the active leaves; `call(f, argument trees)` calls it, with arrays of its own."""
    return capture_inner(
        f,
        [x.type for x in point.inputs],
        [x.weak for x in point.inputs],
        point.names,
        lambda g, inputs: call(_of_own(g), point.trees(inputs, point.leaves)),
    )


def _of_own(g: Callable) -> Callable:
    """`g` called with copies of the arrays around it: what it writes there is not seen outside."""
    return lambda *args, **kwargs: g(*own_copies(args), **own_copies(kwargs))


def program_of_primals(
    f: Callable, point: Point, primals: Sequence[Any], static: Sequence[int]
) -> Subprogram:
    """`program` of a function called with these primals, the static ones as they are."""
    pick = lambda trees: [primals[i] if i in static else tree for i, tree in enumerate(trees)]
    return program(f, point, lambda g, trees: g(*pick(trees)))


def reversed_program(sub: Subprogram, point: Point, differentiated: int, *, closed: bool = True) -> Function:
    """The adjoint of `program`; what its loops keep is noted for `explain`. See `pipeline.adjoint`."""
    reverse = pipeline.adjoint(sub.fn, active_flags(point, sub), differentiated, budget(), closed=closed)
    current_trace().root.captures.kept.update(dict.fromkeys(reverse.notes["kept"]))
    return reverse


def argument_names(f: Callable, positions: Sequence[int]) -> list[str]:
    """How messages call the positional arguments."""
    names, rest = parameters_of(f)[:2]
    return [names[i] if i < len(names) else f"{rest or 'args'}[{i}]" for i in positions]


def active_flags(here: Point, sub: Subprogram) -> list[bool]:
    """Which parameters of `sub.fn` it is differentiated by: the inputs."""
    return [False] * len(sub.sizes) + [True] * len(here.inputs) + [False] * len(sub.imports)


def run_inline(fn: Function, inputs: Sequence[Traced], imports: Sequence[Traced] = ()) -> list[Traced]:
    """`fn` inlined into the innermost open trace; its parameters are the inputs and then the imports."""
    trace = current_trace()
    return [Traced(v, trace) for v in inline(fn, inputs, imports)]


def head(spec: TreeSpec, f: Callable, has_aux: bool) -> tuple[TreeSpec, TreeSpec | None]:
    """The structures of the differentiated part of a result and of its auxiliary part."""
    if not has_aux:
        return spec, None
    if spec.type is not tuple or spec.num_children != 2:
        raise TypeError(
            f"{name_of(f)}{at(definition_line(f))} with has_aux=True must return a pair (value, auxiliary)"
        )
    value, aux = spec.children()
    return value, aux


def structure(sub: Subprogram, spec: TreeSpec) -> Structure:
    """The structure of the first results of `sub`, those in `spec`."""
    types = tuple(r.type for r in sub.fn.results[: spec.num_leaves])
    return Structure(spec, types, tuple(t.is_float for t in types))


def cotangent_like(x: Any, type: Type, name: str) -> Traced:
    """A tangent or cotangent of `type`: numbers are converted, arrays must be of its shape and dtype."""
    if not isinstance(x, (Traced, np.ndarray, np.generic, int, float, complex)):
        raise TypeError(
            f"{name} is a {x.__class__.__qualname__}, but it belongs to {type}: pass an array or number"
        )
    try:
        found = lift(x)
    except (TypeError, NotImplementedError) as error:
        raise error.__class__(f"{name}: {error}") from None
    if found.type.shape != type.shape:
        raise ValueError(
            f"{name} has shape {found.type.shape}, but {type.shape} is required: it belongs to {type}"
        )
    if found.weak and not type.shape:
        return (
            found
            if found.dtype == type.dtype
            else Traced(ops.convert(found.value, dtype=type.dtype), found.home)
        )
    if found.dtype != type.dtype:
        raise TypeError(
            f"{name} is {found.type}, but it belongs to {type}; convert it with .astype(np.{type.dtype})"
        )
    return found
