# ruff: noqa: B006, B007, B012, B023, B026, E722, F821, F841, F842, RUF012, RUF059, UP033
"""Functions whose rewritten form must do what they do: each with the arguments of some calls.

`log` records the order of side effects.
"""

import contextlib
import functools
import operator

CASES = []


def case(*calls):
    def add(f):
        CASES.append((f, calls or ((),)))
        return f

    return add


# loops


@case((0,), (1,), (5,))
def for_range(log, n):
    s = 0
    for i in range(n):
        s += i * log(i)
    return s


@case((0,), (3,))
def for_variable_after_the_loop(log, n):
    i = "before"
    for i in range(n):
        log(i)
    return i


@case((0,), (3,))
def for_variable_unbound_without_iterations(log, n):
    for i in range(n):
        log(i)
    return i


@case((5, 2), (5, 9))
def for_break(log, n, stop):
    for i in range(n):
        if i == stop:
            break
        log(i)
    return i


@case((5, 2), (5, 9), (0, 0))
def for_else(log, n, stop):
    for i in range(n):
        if i == stop:
            log("break")
            break
    else:
        log("else")
    return log("end")


@case((6,))
def for_continue(log, n):
    out = []
    for i in range(n):
        if i % 2:
            continue
        out.append(log(i))
    return out


@case((4, 2), (4, 8))
def for_return(log, n, stop):
    for i in range(n):
        if i == stop:
            return log("found"), i
        log(i)
    return "nothing"


@case((4, 2), (4, 8))
def for_return_else(log, n, stop):
    for i in range(n):
        if i == stop:
            return i
    else:
        log("else")
    log("after")


@case((3, 3), (0, 3), (3, 0))
def nested_loops(log, m, n):
    total = 0
    for i in range(m):
        for j in range(n):
            if j > i:
                break
            if (i + j) % 2:
                continue
            total += log(i * 10 + j)
        else:
            log("complete")
    return total


@case((5,), (3,), (50,))
def break_out_of_two(log, n):
    for i in range(10):
        for j in range(10):
            if i * j > n:
                break
        else:
            continue
        log((i, j))
        break
    return i, j


@case((3, 2))
def return_from_two_loops(log, m, n):
    for i in range(m):
        while True:
            if log(i) == n:
                return "inner", i
            break
    return "outer"


@case(([(1, (2, 3)), (4, (5, 6))],), ([(1, 2)],))
def for_unpacking(log, pairs):
    for a, (b, *c) in pairs:
        log((a, b, c))
    return a, b, c


@case()
def for_into_item_and_attribute(log):
    class Box:
        pass

    box, items = Box(), [0, 0]
    for items[1] in range(3):
        log(list(items))
    for box.x in range(3):
        log(box.x)
    return items, box.x


@case()
def for_over_changing_list(log):
    xs = [1, 2, 3]
    for x in xs:
        if len(xs) < 6:
            xs.append(log(x) + 10)
    return xs


@case((3,))
def for_over_iterator_used_inside(log, n):
    it = iter(range(n * 2))
    for x in it:
        log((x, next(it)))
    return list(it)


@case((0,), (3,))
def while_loop(log, n):
    while log(n) > 0:
        n -= 1
    return n


@case((0,), (3,), (7,))
def while_else(log, n):
    while n > 0:
        n -= 1
        if n == 5:
            break
    else:
        log("else")
    return n


@case((7,))
def while_true_break(log, n):
    while True:
        n -= 1
        if n % 2:
            continue
        log(n)
        if n < 3:
            break
    return n


@case((5,), (0,))
def while_true_return(log, n):
    while True:
        if n <= 0:
            return log("done")
        n -= 1


@case(([3, 2, 0, 1],))
def while_walrus(log, xs):
    xs = list(xs)
    while (x := xs.pop(0)) and (y := x + 1):
        log((x, y))
    return x, y, xs


@case(([1, 2, 0, 5],))
def while_walrus_simple(log, xs):
    it = iter(xs)
    while (x := next(it)) > 0:
        log(x)
        if x > 1:
            continue
        log("small")
    return x


@case((3,))
def loop_variable_captured(log, n):
    fs = []
    for i in range(n):
        fs.append(lambda: i)
    return [f() for f in fs]


@case((3,))
def loop_variable_captured_as_default(log, n):
    fs = []
    for i in range(n):

        def f(j=i, *, k=i * 10):
            return i, j, k

        fs.append(f)
    return [f() for f in fs]


# branches


@case((1,), (0,), (-1,))
def if_elif_else(log, x):
    if log(x) > 0:
        s = "positive"
    elif x < 0:
        s = "negative"
    else:
        s = "zero"
    return s


@case((1,), (0,))
def bound_in_one_branch(log, x):
    if x:
        y = log("bound")
    return y


@case((1,), (0,))
def bound_in_one_branch_update(log, x):
    if x:
        y = 1
    y += 1
    return y


@case((1,), (0,), (2,), (3,))
def early_returns(log, x):
    if x == 0:
        return "zero"
    log("one")
    if x == 1:
        log("two")
        return
    elif x == 2:
        raise ValueError(x)
    log("three")
    return "many"


@case((1, 1), (1, 0), (0, 1), (0, 0))
def return_in_nested_if(log, a, b):
    if a:
        log("a")
        if b:
            return "ab"
        log("not b")
    log("rest")
    if b:
        return "b"


@case((1,), (0,))
def both_branches_return(log, x):
    if x:
        return log(1)
    else:
        return log(2)
    return log(3)


@case((1,), (0,))
def nothing_but_a_bare_return(log, x):
    if x:
        return
    log("here")


@case((0,), (1,), (2,), (3,), (4,))
def continue_deep(log, stop):
    for i in range(4):
        if i > 0:
            if i == stop:
                log("skip")
                continue
            if i == stop - 1:
                log("before")
        else:
            log("first")
        log(i)


@case((1, 2), (0, 2), (1, 0))
def conditional_expression(log, a, b):
    return (log("a") if a else log("b")) if b else log("c")


@case((1, 2), (0, 2), (1, 0), ("", []))
def and_or_not(log, a, b):
    return (log(a) and log(b)), (log(a) or log(b)), not log(a), not a or b, (a and b) or "x"


@case((1, 2, 3), (3, 2, 1), (1, 3, 2), (1, 1, 1))
def chained_comparison(log, a, b, c):
    return log(a) < log(b) <= log(c), 0 < a < b < c < 10, a is b is c, a in (1, 2) in [False, True]


@case((1, 2), (2, 1))
def chain_with_walrus(log, a, b):
    if a < (m := log(b)) < 10:
        return m, "between"
    return m


@case((1,), (0,))
def and_with_walrus(log, a):
    ok = a and (b := log(5)) > 3
    return ok, a and b


@case((5,), (0,))
def if_walrus(log, n):
    if (half := n // 2) > 1:
        log(half)
    return half


@case((1,), (0,), (None,))
def constant_conditions(log, x):
    if True:
        y = log(1)
    if 0:
        z = 1
    while 0:
        log(2)
    return y, x if x is not None else z


# exceptions


@case((1,), (0,), ("a",))
def try_except_else_finally(log, x):
    try:
        y = log(1) / x
    except ZeroDivisionError as e:
        log(str(e))
        y = None
    else:
        log("else")
    finally:
        log("finally")
    return y


@case((1,), (0,))
def except_name_is_deleted(log, x):
    e = "before"
    try:
        1 / x
    except ZeroDivisionError as e:
        log(type(e).__name__)
    return e


@case((0,), (1,), (2,), (3,))
def jumps_from_try(log, x):
    for i in range(4):
        try:
            log(("try", i))
            if i == x:
                continue
            if i == x + 1:
                break
            if x == 3:
                return "returned"
            log("body")
        except ValueError:
            log("never")
        else:
            log("else")
        finally:
            log("finally")
        log("after")
    return i


@case((0,), (1,), (5,))
def jumps_from_except(log, x):
    for i in range(3):
        try:
            1 / (i - x)
        except ZeroDivisionError:
            log("zero")
            if i:
                return "second"
            continue
        log(i)
    return "end"


@case((0,), (1,))
def return_from_finally(log, x):
    for i in range(3):
        try:
            log(i)
            1 / x
        finally:
            if i == 1:
                return "swallowed"
            log("finally")
    return "end"


@case((3,))
def break_from_finally(log, n):
    while n:
        try:
            n -= 1
            raise ValueError(n)
        finally:
            if log(n) < 2:
                break
            continue
    return n


@case((0,), (1,))
def raise_from(log, x):
    try:
        if x:
            raise KeyError(x)
        return [][x]
    except LookupError as e:
        raise RuntimeError("wrapped") from e


@case((0,), (1,))
def reraise(log, x):
    try:
        for i in range(2):
            if i == x:
                raise ValueError(i)
            log(i)
    except ValueError:
        log("caught")
        raise
    finally:
        log("finally")


@case((0,), (1,))
def bare_except(log, x):
    for i in range(2):
        try:
            log(1 / (x - i))
        except:
            log("bare")
            if x:
                break
    return i


@case((0,), (2,))
def assertion(log, x):
    assert x < 5
    assert x, log("message")
    assert not x - 2, f"{x} is wrong"
    return x


@case((0,), (1,), (2,))
def errors_in_many_places(log, x):
    data = {"a": [1, 2]}
    for key in ("a", "b"):
        if x == 0:
            data[key][0] += 1
        elif x == 1 and key == "a":
            data["a"][5] = 3
        else:
            data.missing = key
    return data


@case((3,))
def error_in_multiline_call(log, x):
    for i in range(x):
        log(
            i,
        )
        if i == 1:
            operator.add(
                i,
                "a",
            )


class Manager:
    def __init__(self, log, swallow):
        self.log, self.swallow = log, swallow

    def __enter__(self):
        self.log("enter")
        return self

    def __exit__(self, kind, *_):
        self.log(("exit", kind and kind.__name__))
        return self.swallow


@case((0, True), (1, True), (0, False), (2, True))
def jumps_from_with(log, x, swallow):
    for i in range(3):
        with Manager(log, swallow) as m, contextlib.suppress(KeyError):
            m.log(i)
            if i == x:
                continue
            if x == 2:
                return "returned"
            if i == x + 1:
                raise ValueError
            value = i
        log("after")
    return value


@case((1,))
def with_target_in_loop(log, n):
    for _ in range(n):
        with contextlib.nullcontext((1, [2])) as (a, b):
            b.append(a)
    return a, b


# match


@case(({"k": 1, "z": 2},), ([1, 2, 3],), ((0,),), ("s",), (None,), (5,))
def match_statement(log, x):
    match x:
        case {"k": v, **rest}:
            log((v, rest))
        case [a, *others] if a:
            return log("list"), a, others
        case str() | None as s:
            return s
        case int(n):
            v = n
        case _:
            log("other")
    return v


@case(([1, "a", (2, 3), None],))
def match_in_loop(log, xs):
    for x in xs:
        match x:
            case int():
                continue
            case (a, b):
                total = a + b
            case None:
                break
        log(x)
    return total


# variables and scopes


COUNTER = 0


@case((3,))
def global_variable(log, n):
    global COUNTER
    COUNTER = 0
    for i in range(n):
        COUNTER += i
        if i == 1:
            COUNTER *= 10
    return COUNTER


@case((3,))
def global_loop_variable(log, n):
    global COUNTER
    for COUNTER in range(n):
        log(COUNTER)
    return COUNTER


@case((4,))
def nonlocal_variable(log, n):
    total = 0

    def add(k):
        nonlocal total
        for j in range(k):
            if j == 2:
                return total
            total += j
        return total

    for i in range(n):
        log(add(i))
    return total


@case((4,))
def nested_function_changes_loop_variable(log, n):
    def skip():
        nonlocal i
        i += 2
        return i

    i = 0
    while i < n:
        log(skip())
    return i


@case((3,))
def functions_made_in_branches(log, x):
    if x > 2:

        def f(y):
            return y + x
    else:
        f = lambda y: y - x
    for i in range(2):
        g = f
        f = lambda y, g=g: g(y) * 2
    return f(1), f.__name__, f.__qualname__.split(".")[-1]


@case((2,))
def comprehensions(log, n):
    i = "kept"
    a = [i * j for i in range(n) for j in range(i + 1) if j != 1 or not i]
    b = {i: (lambda: i)() for i in range(n)}
    c = {x for x in a if x}
    d = sum(i for i in range(n) if i and log(i))
    e = [last := k for k in range(n)]
    return a, b, c, d, e, last, i


@case((2,))
def generator_is_lazy(log, n):
    xs = (log(i) for i in range(n))
    log("before")
    for x in xs:
        log(("got", x))
    return list(xs)


@case((3,))
def inner_generator(log, n):
    def numbers():
        for i in range(n):
            log(("yield", i))
            yield i

    for x in numbers():
        if x == 1:
            break
        log(x)
    return x


@case((0,), (1,))
def deleted_variable(log, x):
    y = 1
    if x:
        del y
    log("deleted")
    return y


@case((3,))
def deleted_in_loop(log, n):
    for i in range(n):
        temporary = i
        del temporary
    return temporary


@case()
def delete_items(log):
    xs, d = [1, 2, 3, 4], {"a": 1, "b": 2}
    for k in ("a", "b"):
        del d[k], xs[0]
    return xs, d


@case((1, 2, 3), (1,))
def star_arguments(log, a, *rest, b=5, **more):
    for r in rest:
        more[str(r)] = r
    out = dict(a=a, *[], **more)
    return out, [*rest, *"xy"], (*rest, b), {**more, "z": 1}, max(*rest, 0, 1), log(*[1])


@case()
def default_arguments_are_shared(log):
    def remember(x, seen=[]):
        if x not in seen:
            seen.append(x)
        return list(seen)

    for i in (1, 2, 1, 3):
        last = remember(i)
    return last


@case((2,))
def decorators(log, n):
    def twice(f):
        @functools.wraps(f)
        def g(*args):
            for _ in range(2):
                out = f(*args)
            return out

        return g

    @twice
    @functools.lru_cache(maxsize=None)
    def h(x):
        if x < 2:
            return log(x)
        return h(x - 1) + h(x - 2)

    return h(n), h.__name__


@case((5,))
def recursion(log, n):
    def fib(k):
        return k if k < 2 else fib(k - 1) + fib(k - 2)

    def even(k):
        if k == 0:
            return True
        return odd(k - 1)

    def odd(k):
        return False if k == 0 else even(k - 1)

    return fib(n), even(n)


@case((3,))
def class_inside(log, n):
    factor = 2

    class Base:
        scale = [factor * i for i in range(2)]
        if factor:
            kind = "yes" if factor > 1 else "no"

        def __init__(self, x):
            self.__hidden = x
            for i in range(n):
                if i == 1:
                    self.__hidden += factor

        def value(self):
            return self.__hidden

        @property
        def double(self):
            return self.value() * 2 if self.__hidden else 0

    class Derived(Base):
        def value(self):
            for _ in range(2):
                if super().value() > 0:
                    return super().value() + 100
            return -1

    return Derived(1).value(), Derived(-2).double, Base.scale, Base.kind, Derived.__qualname__.split(".")[-1]


class Outer:
    __secret = 7

    def method(self, log, n):
        "A docstring."
        __local = 0
        for i in range(n):
            if i != 1:
                __local += self.__secret
        return log(__local), self.__add(n)

    def __add(self, n):
        return n + 1

    @classmethod
    def build(cls, log, n):
        while n > 3:
            n -= 1
        return log(cls.__name__), n

    def __repr__(self):
        return "Outer"


class Inner(Outer):
    def method(self, log, n):
        out = []
        for i in range(n):
            if i:
                out.append(super().method(log, i))
        return out, __class__.__name__


@case((3,))
def methods(log, n):
    return Inner().method(log, n), Outer.build(log, 5)


@case((3,))
def annotated(log, n: int) -> int:
    total: float
    total = 0
    label: str = "x"
    for i in range(n):
        step: int = i
        total += step
        unused: int
    return total, label


# assignments


@case()
def augmented(log):
    class Box:
        value = 1

    box, xs, d = Box(), [1, 2], {"k": 1}
    ys = xs
    for i in range(2):
        xs += [i]
        xs[0] += 1
        d["k"] **= 2
        d["k"] |= 4
        box.value -= i
        xs[log(0)] *= log(3)
    return xs, ys is xs, d, box.value, Box.value


@case()
def augmented_reads_before_the_right_side(log):
    xs = [1]

    def change():
        xs[0] = 100
        return 1

    xs[0] += change()
    x = 5

    def rebind():
        nonlocal x
        x = 50
        return 1

    x += rebind()
    return xs, x


@case()
def assignment_order(log):
    a, b = [0, 0], [1, 2]
    a[log(0)], (a[log(1)], *c) = log(5), log([6, 7])
    x = a[0] = b[1] = log(9)
    i, a[i - 9] = 9, 8
    return a, b, c, x, i


@case()
def unpack_too_few(log):
    for pair in ([1, 2], [1]):
        a, b = pair
        log(a)


@case((3,))
def string_formatting(log, n):
    out = ""
    for i in range(n):
        out += f"{i!r:>{n}}{log(i) if i else 'none'}{'a' and 'b'}"
    return out


@case((4,))
def lambda_body(log, n):
    f = lambda x, *a, k=2, **kw: (x if x > k else -x) and [y for y in range(x) if y and not y % 2]
    return [f(i) for i in range(n)], (lambda: (yield))().__class__.__name__


@case((3,))
def imports(log, n):
    for _ in range(n):
        import math
        import os.path as path
        from collections import OrderedDict as O

    return math.floor(2.5), path.__name__ != "", O.__name__


@case((2,))
def try_in_while_in_with(log, n):
    with contextlib.suppress(ValueError):
        while True:
            try:
                n -= 1
                if n < -2:
                    raise ValueError(n)
                if n < 0:
                    continue
            except TypeError:
                return "type"
            finally:
                log(n)
    return n


@case((0,), (3,))
def unbound_error_in_loop_body(log, n):
    for i in range(n):
        if i == 1:
            log(x)
        if i == 0:
            y = 1
        log(y)
        if i == 5:
            x = 1
    return "end"


class Truth:
    def __init__(self, log, value):
        self.log, self.value = log, value

    def __bool__(self):
        self.log(("bool", self.value))
        return self.value


@case((True,), (False,))
def truth_is_asked_once(log, value):
    t = Truth(log, value)
    if t:
        log("then")
    while t:
        break
    return log("x") if t else log("y")


@case((2,))
def keyword_order(log, n):
    f = lambda *a, **k: (a, k)
    return f(log(1), *log([2]), b=log(3), **log({"c": 4}), d=log(5))


@case((3,))
def shadowed_builtins(log, n):
    range = lambda k: [k, k + 1]
    print = log
    for i in range(n):
        print(i)
    return i


@case((2,))
def deep_nesting(log, n):
    out = 0
    for a in range(n):
        for b in range(n):
            for c in range(n):
                for d in range(n):
                    if a and b:
                        if c or d:
                            out += 1
                            if out > 2:
                                return out, log((a, b, c, d))
    return out


@case(([5, 3, 8],), ([],))
def bubble_sort(log, xs):
    xs = list(xs)
    swapped = True
    while swapped:
        swapped = False
        for i in range(len(xs) - 1):
            if xs[i] > xs[i + 1]:
                xs[i], xs[i + 1] = xs[i + 1], xs[i]
                swapped = True
    return xs


@case((5,), (0,), (-2,))
def while_true_binds_before_break(log, n):
    while True:
        new = log(n - 1)
        if new < 0:
            break
        old, n = n, new
    return new, old


@case((0,), (1,))
def while_true_binds_after_break(log, n):
    while True:
        if n == 0:
            break
        last = n
        n -= 1
    return last


@case((0,), (1,), (2,), (3,))
def some_branches_return(log, x):
    if x == 0:
        y = log("zero")
    elif x == 1:
        y = log("one")
        z = 5
    elif x == 2:
        return log("two")
    else:
        y = "many"
        if y:
            z = 7
    f = lambda: (y, x)
    for _ in range(x):
        log(y)
    if x == 3:
        return z
    return f(), z


@case((4,))
def some_branches_continue(log, n):
    for i in range(n):
        if i == 0:
            y = 1
        elif i == 1:
            y = 2
        elif i == 2:
            continue
        else:
            break
        log((i, y))
    return y


@case((0,), (1,))
def return_from_with_then_more(log, a):
    if a + 1:
        with contextlib.suppress(ZeroDivisionError):
            return 1 / a
    a = log(a)
    return [], a
