"""The two float formats: the widths that bit operations need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Format:
    """A normal number is ±(1 + field/2**mantissa)·2**(exponent - bias); `word` is the integer of its size."""

    type: str
    word: str
    mantissa: int
    bias: int

    @property
    def round(self) -> float:
        """Adding it to a small number rounds to a whole one, which the low bits of the sum hold."""
        return 1.5 * 2.0**self.mantissa


F64 = Format("double", "i64", 52, 1023)
F32 = Format("float", "i32", 23, 127)


def format_of(e: Any, x: Any) -> Format:
    """The format of the register `x`."""
    return F32 if e.single(x) else F64


def exponent_field(e: Any, form: Format, word: Any) -> Any:
    """The exponent field of a word without sign plus 2**mantissa, a float which ends in the field."""
    field = e.op("lshr", word, e.const(form.mantissa, word))
    above = e.const((form.bias + form.mantissa) << form.mantissa, field)
    return e.bitcast(e.op("or", field, above), form.type)
