"""Constants, types and attribute values as text, printed and read side by side; floats are exact."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .graph import Const, Value
from .tokens import Tokens
from .types import DTYPES, Type, dtype_name, tape_of, type_of

#: The dtype of a literal that names none, by how it is written.
_PLAIN = {"f": "f64", "i": "i64", "u": "i64", "b": "bool"}
#: Arrays of more elements are printed as the bytes that they are.
_LISTED = 16


def show_const(c: Const) -> str:
    """`2.0`, `3`, `true`; `2.0:f32` for other dtypes; `dense<f64[2]: 1.0, 2.0>` for arrays."""
    if not c.type.shape:
        short = dtype_name(c.dtype)
        text = _element(c.data)
        plain = not text.startswith("0x") and _PLAIN[c.dtype.kind] == short
        return text if plain else f"{text}:{short}"
    if c.type.size > _LISTED:
        return f"dense<{c.type}: 0x{_little(c.data).tobytes().hex()}>"
    return f"dense<{c.type}: {', '.join(_element(x) for x in c.data.ravel())}>"


def _element(x: Any) -> str:
    """One number: the shortest decimal that reads back exactly; raw bits for an unusual NaN."""
    if x.dtype.kind == "b":
        return "true" if x else "false"
    if x.dtype.kind == "f" and np.isnan(x):
        usual = x.dtype.type(np.nan)
        if x.tobytes() == usual.tobytes():
            return "nan"
        return "0x" + _little(x).tobytes()[::-1].hex()
    return str(x)


def _little(x: Any) -> Any:
    return x.astype(x.dtype.newbyteorder("<"), copy=False)


def starts_const(tokens: Tokens) -> bool:
    """Whether a constant is next."""
    token = tokens.peek()
    return token.kind in ("number", "bits") or token.text in ("true", "false", "dense")


def read_const(tokens: Tokens) -> Const:
    """The inverse of `show_const`."""
    if not tokens.accept("dense"):
        text, short = tokens.next().text, ""
        if tokens.accept(":"):
            short = tokens.take("word", "a dtype")
        dtype = _dtype(tokens, short) if short else _plain(text)
        return Const(_number(tokens, text, dtype), type_of(dtype))
    tokens.expect("<")
    type = read_type(tokens, {})
    tokens.expect(":")
    if tokens.peek().kind == "bits" and type.size > _LISTED:
        data = _from_bytes(tokens, type)
    else:
        data = np.array([_number(tokens, t, type.dtype) for t in _listed(tokens)], type.dtype)
        if data.size != type.size:
            raise tokens.error(f"{data.size} elements for {type}")
    tokens.expect(">")
    data = data.reshape(type.shape)
    data.flags.writeable = False
    return Const(data, type)


def _listed(tokens: Tokens) -> list[str]:
    texts = []
    while tokens.peek().text != ">":
        texts.append(tokens.next().text)
        tokens.accept(",")
    return texts


def _from_bytes(tokens: Tokens, type: Type) -> np.ndarray:
    raw = bytes.fromhex(tokens.next().text[2:])
    if len(raw) != type.nbytes:
        raise tokens.error(f"{len(raw)} bytes for {type}")
    return np.frombuffer(raw, type.dtype.newbyteorder("<")).astype(type.dtype)


def _number(tokens: Tokens, text: str, dtype: np.dtype) -> Any:
    try:
        if text.startswith("0x"):
            return np.frombuffer(bytes.fromhex(text[2:])[::-1], dtype.newbyteorder("<")).astype(dtype)[0]
        if dtype.kind == "b":
            return np.bool_({"true": True, "false": False}[text])
        return dtype.type(text) if dtype.kind == "f" else dtype.type(int(text))
    except (ValueError, KeyError, OverflowError, IndexError):
        raise tokens.error(f"{text!r} is no {dtype_name(dtype)}") from None


def _plain(text: str) -> np.dtype:
    if text in ("true", "false"):
        return DTYPES["bool"]
    return DTYPES["i64" if text.lstrip("-").isdigit() else "f64"]


def read_type(tokens: Tokens, scope: Mapping[str, Value]) -> Type:
    """`f64[3,%n]`, or `f64` for a scalar, or `tape[f64[3]]`; `scope` has the values by name."""
    if tokens.accept("tape"):
        tokens.expect("[")
        item = read_type(tokens, scope)
        tokens.expect("]")
        return tape_of(item)
    dtype = _dtype(tokens, tokens.take("word", "a type"))
    dims: list[Any] = []
    if tokens.accept("["):
        while not tokens.accept("]"):
            if tokens.peek().kind == "value":
                dims.append(read_value(tokens, scope))
            else:
                dims.append(int(tokens.take("number", "a dimension")))
            tokens.accept(",")
    return type_of(dtype, tuple(dims))


def read_value(tokens: Tokens, scope: Mapping[str, Value]) -> Value:
    """A value by its name."""
    name = tokens.take("value", "a value")[1:]
    if name not in scope:
        raise tokens.error(f"%{name} is not defined here")
    return scope[name]


def _dtype(tokens: Tokens, short: str) -> np.dtype:
    if short not in DTYPES:
        raise tokens.error(f"{short!r} is no dtype of the IR")
    return DTYPES[short]


def show_attr(x: Any, name: Callable[[Value], str]) -> str:
    """An attribute value: int, float, bool, none, string, dtype, dimension, or a tuple of such.

    name   gives the text of a dimension that is a value

    Anything else is malformed and shown as `<repr>`, which does not parse.
    """
    if isinstance(x, tuple):
        items = [show_attr(item, name) for item in x]
        return f"({items[0]},)" if len(x) == 1 else f"({', '.join(items)})"
    if isinstance(x, Value):
        return name(x)
    if x is None:
        return "none"
    if isinstance(x, bool | np.bool_):
        return "true" if x else "false"
    if isinstance(x, int | np.integer):
        return str(int(x))
    if isinstance(x, float | np.floating):
        return repr(float(x))
    if isinstance(x, str):
        return json.dumps(x)
    if isinstance(x, np.dtype):
        return dtype_name(x)
    return f"<{x!r}>"


def read_attr(tokens: Tokens, scope: Mapping[str, Value]) -> Any:
    """The inverse of `show_attr`."""
    if tokens.accept("("):
        items = []
        while not tokens.accept(")"):
            items.append(read_attr(tokens, scope))
            tokens.accept(",")
        return tuple(items)
    if tokens.peek().kind == "value":
        return read_value(tokens, scope)
    kind, text, _ = tokens.next()
    if kind == "number":
        return int(text) if text.lstrip("-").isdigit() else float(text)
    if kind == "string":
        return json.loads(text)
    if text in ("none", "true", "false"):
        return {"none": None, "true": True, "false": False}[text]
    return _dtype(tokens, text)
