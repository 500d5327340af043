"""Python's loops and branches on traced values, as regions of the IR: what `operators` sends here."""

from __future__ import annotations

from .. import operators
from ..redirect import register
from .branches import and_, assert_, if_, if_expression, not_, or_
from .iterables import enumerate_, range_, reversed_, zip_
from .loops import for_, while_
from .variables import returned


class _Staging:
    """The functions of this package that rewritten code comes to."""

    for_ = staticmethod(for_)
    while_ = staticmethod(while_)
    if_ = staticmethod(if_)
    if_expression = staticmethod(if_expression)
    and_ = staticmethod(and_)
    or_ = staticmethod(or_)
    not_ = staticmethod(not_)
    assert_ = staticmethod(assert_)
    returned = staticmethod(returned)


def install() -> None:
    """Send the loops and branches of rewritten code here, and `range` and its like to symbolic ones."""
    operators.STAGING = _Staging()
    register(range, range_)
    register(enumerate, enumerate_)
    register(zip, zip_)
    register(reversed, reversed_)
