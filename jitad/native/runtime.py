"""The entry interpreter, in LLVM IR: one CPython function that walks the table of any signature.

It is compiled once per process, so that a compiled function costs no LLVM work beyond its kernel and all
entry points share one well-tested code. Every check is a few loads and compares; it adds about 10 ns to a
call whose result allocation alone is 60. Names: `%p` table, `%f` frame, `%n` node, `%k` operand number.
"""

from __future__ import annotations

from functools import cache
from string import Template

from jitad.native import layout, program
from jitad.native.engine import NativeModule, compile_module

# A frame is seven words: table, operand pointers, operand objects, scalar storage, next operand, held
# references, how many are held.
_CHECKS = r"""
; Does %obj have the node's dtype, rank, shape and all flags of %wanted? Then its data goes to %slot.
define internal i1 @jitad.array(ptr %obj, ptr %n, i32 %wanted, ptr %slot) {
  %type.at = getelementptr i8, ptr %obj, i64 8
  %type = load ptr, ptr %type.at
  %exact = icmp eq ptr %type, @"numpy.PyArray_Type"
  br i1 %exact, label %dtype, label %no
dtype:
  %descr.at = getelementptr i8, ptr %obj, i64 56
  %descr = load ptr, ptr %descr.at
  %want.at = getelementptr i64, ptr %n, i64 1
  %want = load ptr, ptr %want.at
  %same = icmp eq ptr %descr, %want
  br i1 %same, label %rank, label %synonym
synonym:
  %number.at = getelementptr i8, ptr %descr, i64 28
  %number32 = load i32, ptr %number.at
  %number = sext i32 %number32 to i64
  %a.at = getelementptr i64, ptr %n, i64 2
  %a = load i64, ptr %a.at
  %b.at = getelementptr i64, ptr %n, i64 3
  %b = load i64, ptr %b.at
  %is.a = icmp eq i64 %number, %a
  %is.b = icmp eq i64 %number, %b
  %known = or i1 %is.a, %is.b
  %order.at = getelementptr i8, ptr %descr, i64 26
  %order = load i8, ptr %order.at
  %native = icmp eq i8 %order, 61
  %single = icmp eq i8 %order, 124
  %ordered = or i1 %native, %single
  %fits = and i1 %known, %ordered
  br i1 %fits, label %rank, label %no
rank:
  %nd.at = getelementptr i8, ptr %obj, i64 24
  %nd32 = load i32, ptr %nd.at
  %nd = sext i32 %nd32 to i64
  %rank.at = getelementptr i64, ptr %n, i64 5
  %rank.n = load i64, ptr %rank.at
  %ranked = icmp eq i64 %nd, %rank.n
  %flags.at = getelementptr i8, ptr %obj, i64 64
  %flags = load i32, ptr %flags.at
  %set = and i32 %flags, %wanted
  %all = icmp eq i32 %set, %wanted
  %usable = and i1 %ranked, %all
  br i1 %usable, label %shape, label %no
shape:
  %dims.at = getelementptr i8, ptr %obj, i64 32
  %dims = load ptr, ptr %dims.at
  %sizes = getelementptr i64, ptr %n, i64 8
  br label %axis
axis:
  %i = phi i64 [0, %shape], [%i.next, %compare]
  %end = icmp eq i64 %i, %nd
  br i1 %end, label %yes, label %compare
compare:
  %dim.at = getelementptr i64, ptr %dims, i64 %i
  %dim = load i64, ptr %dim.at
  %size.at = getelementptr i64, ptr %sizes, i64 %i
  %size = load i64, ptr %size.at
  %equal = icmp eq i64 %dim, %size
  %i.next = add i64 %i, 1
  br i1 %equal, label %axis, label %no
yes:
  %data.at = getelementptr i8, ptr %obj, i64 16
  %data = load ptr, ptr %data.at
  store ptr %data, ptr %slot
  ret i1 true
no:
  ret i1 false
}

; Item %i of a tuple, list or dict node's object, borrowed; null when it is not there. Items of lists and
; dicts are held until the call ends: other code may change the container meanwhile.
define internal ptr @jitad.item(ptr %obj, ptr %n, i64 %i, ptr %f, i1 %hold) {
  %kind = load i64, ptr %n
  switch i64 %kind, label %tuple [ i64 7, label %list i64 8, label %dict ]
tuple:
  %items = getelementptr i8, ptr %obj, i64 $TUPLE_ITEMS
  %item.at = getelementptr ptr, ptr %items, i64 %i
  %item = load ptr, ptr %item.at
  ret ptr %item
list:
  %element = call ptr @"python.PyList_GetItem"(ptr %obj, i64 %i)
  br label %found
dict:
  %twice = shl i64 %i, 1
  %word = add i64 %twice, 2
  %key.at = getelementptr ptr, ptr %n, i64 %word
  %key = load ptr, ptr %key.at
  %value = call ptr @"python.PyDict_GetItemWithError"(ptr %obj, ptr %key)
  br label %found
found:
  %got = phi ptr [%element, %list], [%value, %dict]
  %absent = icmp eq ptr %got, null
  br i1 %absent, label %clear, label %present
present:
  br i1 %hold, label %keep, label %done
keep:
  call void @"python.Py_IncRef"(ptr %got)
  %held.at = getelementptr i64, ptr %f, i64 6
  %held = load i64, ptr %held.at
  %holds.at = getelementptr ptr, ptr %f, i64 5
  %holds = load ptr, ptr %holds.at
  %hold.at = getelementptr ptr, ptr %holds, i64 %held
  store ptr %got, ptr %hold.at
  %held.next = add i64 %held, 1
  store i64 %held.next, ptr %held.at
  br label %done
clear:
  call void @"python.PyErr_Clear"()
  br label %done
done:
  ret ptr %got
}

; The node of child %i of a tuple, list or dict node.
define internal ptr @jitad.child(ptr %n, i64 %i, ptr %p) {
  %kind = load i64, ptr %n
  %is.dict = icmp eq i64 %kind, 8
  %twice = shl i64 %i, 1
  %pair = add i64 %twice, 1
  %index = select i1 %is.dict, i64 %pair, i64 %i
  %word = add i64 %index, 2
  %at = getelementptr i64, ptr %n, i64 %word
  %offset = load i64, ptr %at
  %child = getelementptr i8, ptr %p, i64 %offset
  ret ptr %child
}

; Is %obj an exact tuple, list or dict, as the node says, of the node's length?
define internal i1 @jitad.container(ptr %obj, ptr %n) {
  %kind = load i64, ptr %n
  %count.at = getelementptr i64, ptr %n, i64 1
  %count = load i64, ptr %count.at
  %type.at = getelementptr i8, ptr %obj, i64 8
  %type = load ptr, ptr %type.at
  %is.list = icmp eq i64 %kind, 7
  %is.dict = icmp eq i64 %kind, 8
  %want.1 = select i1 %is.list, ptr @"python.PyList_Type", ptr @"python.PyTuple_Type"
  %want = select i1 %is.dict, ptr @"python.PyDict_Type", ptr %want.1
  %exact = icmp eq ptr %type, %want
  br i1 %exact, label %length, label %no
length:
  ; ob_size of tuples and lists, ma_used of dicts
  %length.at = getelementptr i8, ptr %obj, i64 16
  %have = load i64, ptr %length.at
  %equal = icmp eq i64 %have, %count
  ret i1 %equal
no:
  ret i1 false
}
"""

_ARGUMENTS = r"""
; Check one argument against its node and note the operands in it.
define internal i1 @jitad.accept(ptr %obj, ptr %n, ptr %f) {
  %kind = load i64, ptr %n
  %k.at = getelementptr i64, ptr %f, i64 4
  %k = load i64, ptr %k.at
  %operands.at = getelementptr ptr, ptr %f, i64 1
  %operands = load ptr, ptr %operands.at
  %slot = getelementptr ptr, ptr %operands, i64 %k
  %scalars.at = getelementptr ptr, ptr %f, i64 3
  %scalars = load ptr, ptr %scalars.at
  %storage = getelementptr [16 x i8], ptr %scalars, i64 %k
  %type.at = getelementptr i8, ptr %obj, i64 8
  %type = load ptr, ptr %type.at
  %value = getelementptr i8, ptr %obj, i64 $SCALAR_VALUE
  switch i64 %kind, label %container [
    i64 0, label %array
    i64 1, label %scalar
    i64 2, label %float
    i64 3, label %int
    i64 4, label %bool
    i64 5, label %static
  ]
array:
  %fits = call i1 @jitad.array(ptr %obj, ptr %n, i32 257, ptr %slot)
  br i1 %fits, label %next, label %no
scalar:
  %want.at = getelementptr ptr, ptr %n, i64 6
  %want = load ptr, ptr %want.at
  %is.scalar = icmp eq ptr %type, %want
  br i1 %is.scalar, label %direct, label %no
float:
  %is.float = icmp eq ptr %type, @"python.PyFloat_Type"
  br i1 %is.float, label %direct, label %no
direct:
  store ptr %value, ptr %slot
  br label %next
int:
  %is.int = icmp eq ptr %type, @"python.PyLong_Type"
  br i1 %is.int, label %integer, label %no
integer:
  %high = getelementptr i8, ptr %storage, i64 8
  %integer64 = call i64 @"python.PyLong_AsLongLongAndOverflow"(ptr %obj, ptr %high)
  %overflow = load i32, ptr %high
  store i64 %integer64, ptr %storage
  %narrow = icmp eq i32 %overflow, 0
  br i1 %narrow, label %stored, label %no
bool:
  %true = icmp eq ptr %obj, @"python._Py_TrueStruct"
  %false = icmp eq ptr %obj, @"python._Py_FalseStruct"
  %is.bool = or i1 %true, %false
  %byte = zext i1 %true to i8
  store i8 %byte, ptr %storage
  br i1 %is.bool, label %stored, label %no
stored:
  store ptr %storage, ptr %slot
  br label %next
next:
  %objects.at = getelementptr ptr, ptr %f, i64 2
  %objects = load ptr, ptr %objects.at
  %object.at = getelementptr ptr, ptr %objects, i64 %k
  store ptr %obj, ptr %object.at
  %k.next = add i64 %k, 1
  store i64 %k.next, ptr %k.at
  ret i1 true
static:
  %same.at = getelementptr ptr, ptr %n, i64 1
  %same = load ptr, ptr %same.at
  %identical = icmp eq ptr %obj, %same
  ret i1 %identical
container:
  %shaped = call i1 @jitad.container(ptr %obj, ptr %n)
  br i1 %shaped, label %items, label %no
items:
  %p = load ptr, ptr %f
  %count.at = getelementptr i64, ptr %n, i64 1
  %count = load i64, ptr %count.at
  br label %item
item:
  %i = phi i64 [0, %items], [%i.next, %child.done]
  %end = icmp eq i64 %i, %count
  br i1 %end, label %yes, label %child
child:
  %sub = call ptr @jitad.item(ptr %obj, ptr %n, i64 %i, ptr %f, i1 true)
  %absent = icmp eq ptr %sub, null
  br i1 %absent, label %no, label %recurse
recurse:
  %sub.n = call ptr @jitad.child(ptr %n, i64 %i, ptr %p)
  %accepted = call i1 @jitad.accept(ptr %sub, ptr %sub.n, ptr %f)
  br i1 %accepted, label %child.done, label %no
child.done:
  %i.next = add i64 %i, 1
  br label %item
yes:
  ret i1 true
no:
  ret i1 false
}

; Captured arrays are read from their objects at each call, and checked like arguments.
define internal i1 @jitad.captures(ptr %p, ptr %f) {
  %count.at = getelementptr i64, ptr %p, i64 $capture_count
  %count = load i64, ptr %count.at
  %table.at = getelementptr i64, ptr %p, i64 $captures
  %table.offset = load i64, ptr %table.at
  %table = getelementptr i8, ptr %p, i64 %table.offset
  br label %loop
loop:
  %i = phi i64 [0, %0], [%i.next, %fits]
  %end = icmp eq i64 %i, %count
  br i1 %end, label %yes, label %one
one:
  %pair = getelementptr [2 x i64], ptr %table, i64 %i
  %n.offset = load i64, ptr %pair
  %n = getelementptr i8, ptr %p, i64 %n.offset
  %obj.at = getelementptr i64, ptr %pair, i64 1
  %obj = load ptr, ptr %obj.at
  %ok = call i1 @jitad.accept(ptr %obj, ptr %n, ptr %f)
  br i1 %ok, label %fits, label %no
fits:
  %i.next = add i64 %i, 1
  br label %loop
yes:
  ret i1 true
no:
  ret i1 false
}

; Do cells and dicts still hold what they held when the code was made?
define internal i1 @jitad.guards(ptr %p) {
  %count = load i64, ptr %p
  %table.at = getelementptr i64, ptr %p, i64 $guards
  %table.offset = load i64, ptr %table.at
  %table = getelementptr i8, ptr %p, i64 %table.offset
  br label %loop
loop:
  %i = phi i64 [0, %0], [%i.next, %holds]
  %end = icmp eq i64 %i, %count
  br i1 %end, label %yes, label %one
one:
  %g = getelementptr [3 x ptr], ptr %table, i64 %i
  %owner = load ptr, ptr %g
  %key.at = getelementptr ptr, ptr %g, i64 1
  %key = load ptr, ptr %key.at
  %want.at = getelementptr ptr, ptr %g, i64 2
  %want = load ptr, ptr %want.at
  %is.cell = icmp eq ptr %key, null
  br i1 %is.cell, label %cell, label %dict
cell:
  %contents.at = getelementptr i8, ptr %owner, i64 $CELL_CONTENTS
  %contents = load ptr, ptr %contents.at
  br label %compare
dict:
  %entry = call ptr @"python.PyDict_GetItemWithError"(ptr %owner, ptr %key)
  %absent = icmp eq ptr %entry, null
  br i1 %absent, label %clear, label %compare
clear:
  call void @"python.PyErr_Clear"()
  br label %compare
compare:
  %now = phi ptr [%contents, %cell], [%entry, %dict], [null, %clear]
  %same = icmp eq ptr %now, %want
  br i1 %same, label %holds, label %no
holds:
  %i.next = add i64 %i, 1
  br label %loop
yes:
  ret i1 true
no:
  ret i1 false
}
"""

_OUTPUTS = r"""
; Take the caller's arrays out of the tree given as `out`; None leaves an output to be allocated.
define internal i1 @jitad.take(ptr %obj, ptr %n, ptr %f) {
  %kind = load i64, ptr %n
  %none = icmp eq ptr %obj, @"python._Py_NoneStruct"
  switch i64 %kind, label %leaf [
    i64 5, label %static
    i64 6, label %container
    i64 7, label %container
    i64 8, label %container
    i64 9, label %argument
  ]
static:
  %same.at = getelementptr ptr, ptr %n, i64 1
  %same = load ptr, ptr %same.at
  %identical = icmp eq ptr %obj, %same
  %either = or i1 %none, %identical
  ret i1 %either
argument:
  ret i1 %none
leaf:
  %k.at = getelementptr i64, ptr %f, i64 4
  %k = load i64, ptr %k.at
  %k.next = add i64 %k, 1
  store i64 %k.next, ptr %k.at
  br i1 %none, label %yes, label %array
array:
  %operands.at = getelementptr ptr, ptr %f, i64 1
  %operands = load ptr, ptr %operands.at
  %slot = getelementptr ptr, ptr %operands, i64 %k
  %fits = call i1 @jitad.array(ptr %obj, ptr %n, i32 1281, ptr %slot)
  br i1 %fits, label %taken, label %no
taken:
  call void @"python.Py_IncRef"(ptr %obj)
  %objects.at = getelementptr ptr, ptr %f, i64 2
  %objects = load ptr, ptr %objects.at
  %object.at = getelementptr ptr, ptr %objects, i64 %k
  store ptr %obj, ptr %object.at
  ret i1 true
container:
  %shaped = call i1 @jitad.container(ptr %obj, ptr %n)
  br i1 %shaped, label %items, label %no
items:
  %p = load ptr, ptr %f
  %count.at = getelementptr i64, ptr %n, i64 1
  %count = load i64, ptr %count.at
  br label %item
item:
  %i = phi i64 [0, %items], [%i.next, %child.done]
  %end = icmp eq i64 %i, %count
  br i1 %end, label %yes, label %child
child:
  %sub = call ptr @jitad.item(ptr %obj, ptr %n, i64 %i, ptr %f, i1 true)
  %absent = icmp eq ptr %sub, null
  br i1 %absent, label %no, label %recurse
recurse:
  %sub.n = call ptr @jitad.child(ptr %n, i64 %i, ptr %p)
  %accepted = call i1 @jitad.take(ptr %sub, ptr %sub.n, ptr %f)
  br i1 %accepted, label %child.done, label %no
child.done:
  %i.next = add i64 %i, 1
  br label %item
yes:
  ret i1 true
no:
  ret i1 false
}

; The node of operand %k.
define internal ptr @jitad.leaf(ptr %p, i64 %k) {
  %table.at = getelementptr i64, ptr %p, i64 $leaves
  %table.offset = load i64, ptr %table.at
  %table = getelementptr i8, ptr %p, i64 %table.offset
  %at = getelementptr i64, ptr %table, i64 %k
  %offset = load i64, ptr %at
  %n = getelementptr i8, ptr %p, i64 %offset
  ret ptr %n
}

; Does an array of the caller's share a byte with any operand before it?
define internal i1 @jitad.overlap(ptr %p, ptr %f) {
  %count.at = getelementptr i64, ptr %p, i64 $operand_count
  %count = load i64, ptr %count.at
  %first.at = getelementptr i64, ptr %p, i64 $input_count
  %first = load i64, ptr %first.at
  %operands.at = getelementptr ptr, ptr %f, i64 1
  %operands = load ptr, ptr %operands.at
  %objects.at = getelementptr ptr, ptr %f, i64 2
  %objects = load ptr, ptr %objects.at
  br label %outer
outer:
  %k = phi i64 [%first, %0], [%k.next, %outer.next]
  %k.end = icmp eq i64 %k, %count
  br i1 %k.end, label %no, label %given
given:
  %k.obj.at = getelementptr ptr, ptr %objects, i64 %k
  %k.obj = load ptr, ptr %k.obj.at
  %k.fresh = icmp eq ptr %k.obj, null
  br i1 %k.fresh, label %outer.next, label %range
range:
  %k.n = call ptr @jitad.leaf(ptr %p, i64 %k)
  %k.bytes.at = getelementptr i64, ptr %k.n, i64 4
  %k.bytes = load i64, ptr %k.bytes.at
  %k.lo.at = getelementptr ptr, ptr %operands, i64 %k
  %k.lo = load ptr, ptr %k.lo.at
  %k.hi = getelementptr i8, ptr %k.lo, i64 %k.bytes
  br label %inner
inner:
  %j = phi i64 [0, %range], [%j.next, %inner.next]
  %j.end = icmp eq i64 %j, %k
  br i1 %j.end, label %outer.next, label %present
present:
  %j.obj.at = getelementptr ptr, ptr %objects, i64 %j
  %j.obj = load ptr, ptr %j.obj.at
  %j.fresh = icmp eq ptr %j.obj, null
  br i1 %j.fresh, label %inner.next, label %compare
compare:
  %j.n = call ptr @jitad.leaf(ptr %p, i64 %j)
  %j.bytes.at = getelementptr i64, ptr %j.n, i64 4
  %j.bytes = load i64, ptr %j.bytes.at
  %j.lo.at = getelementptr ptr, ptr %operands, i64 %j
  %j.lo = load ptr, ptr %j.lo.at
  %j.hi = getelementptr i8, ptr %j.lo, i64 %j.bytes
  %below = icmp ult ptr %k.lo, %j.hi
  %above = icmp ult ptr %j.lo, %k.hi
  %shared = and i1 %below, %above
  br i1 %shared, label %yes, label %inner.next
inner.next:
  %j.next = add i64 %j, 1
  br label %inner
outer.next:
  %k.next = add i64 %k, 1
  br label %outer
yes:
  ret i1 true
no:
  ret i1 false
}

; Make the outputs that the caller did not give; false with an exception when memory is short.
define internal i1 @jitad.allocate(ptr %p, ptr %f) {
  %count.at = getelementptr i64, ptr %p, i64 $operand_count
  %count = load i64, ptr %count.at
  %first.at = getelementptr i64, ptr %p, i64 $input_count
  %first = load i64, ptr %first.at
  %operands.at = getelementptr ptr, ptr %f, i64 1
  %operands = load ptr, ptr %operands.at
  %objects.at = getelementptr ptr, ptr %f, i64 2
  %objects = load ptr, ptr %objects.at
  %scalars.at = getelementptr ptr, ptr %f, i64 3
  %scalars = load ptr, ptr %scalars.at
  br label %loop
loop:
  %k = phi i64 [%first, %0], [%k.next, %next]
  %end = icmp eq i64 %k, %count
  br i1 %end, label %yes, label %one
one:
  %obj.at = getelementptr ptr, ptr %objects, i64 %k
  %given = load ptr, ptr %obj.at
  %slot = getelementptr ptr, ptr %operands, i64 %k
  %fresh = icmp eq ptr %given, null
  br i1 %fresh, label %make, label %next
make:
  %n = call ptr @jitad.leaf(ptr %p, i64 %k)
  %kind = load i64, ptr %n
  switch i64 %kind, label %storage [ i64 0, label %array i64 1, label %scalar ]
array:
  %descr.at = getelementptr i64, ptr %n, i64 1
  %descr = load ptr, ptr %descr.at
  call void @"python.Py_IncRef"(ptr %descr)
  %nd.at = getelementptr i64, ptr %n, i64 5
  %nd = load i32, ptr %nd.at
  %dims = getelementptr i64, ptr %n, i64 8
  %array.obj = call ptr @"numpy.PyArray_NewFromDescr"(ptr @"numpy.PyArray_Type", ptr %descr, i32 %nd, ptr %dims,
    ptr null, ptr null, i32 0, ptr null)
  %array.no = icmp eq ptr %array.obj, null
  br i1 %array.no, label %no, label %array.made
array.made:
  store ptr %array.obj, ptr %obj.at
  %data.at = getelementptr i8, ptr %array.obj, i64 16
  %data = load ptr, ptr %data.at
  store ptr %data, ptr %slot
  br label %next
scalar:
  %type.at = getelementptr ptr, ptr %n, i64 6
  %type = load ptr, ptr %type.at
  %alloc.at = getelementptr ptr, ptr %n, i64 7
  %alloc = load ptr, ptr %alloc.at
  %scalar.obj = call ptr %alloc(ptr %type, i64 0)
  %scalar.no = icmp eq ptr %scalar.obj, null
  br i1 %scalar.no, label %no, label %scalar.made
scalar.made:
  store ptr %scalar.obj, ptr %obj.at
  %value = getelementptr i8, ptr %scalar.obj, i64 $SCALAR_VALUE
  store ptr %value, ptr %slot
  br label %next
storage:
  %place = getelementptr [16 x i8], ptr %scalars, i64 %k
  store ptr %place, ptr %slot
  br label %next
next:
  %k.next = add i64 %k, 1
  br label %loop
yes:
  ret i1 true
no:
  ret i1 false
}
"""

_RESULTS = r"""
; The output of operand %k as an object that the caller owns; null with an exception when memory is short.
define internal ptr @jitad.box(ptr %p, i64 %k, ptr %f) {
  %objects.at = getelementptr ptr, ptr %f, i64 2
  %objects = load ptr, ptr %objects.at
  %obj.at = getelementptr ptr, ptr %objects, i64 %k
  %obj = load ptr, ptr %obj.at
  store ptr null, ptr %obj.at
  %unboxed = icmp eq ptr %obj, null
  br i1 %unboxed, label %make, label %ready
ready:
  ret ptr %obj
make:
  %n = call ptr @jitad.leaf(ptr %p, i64 %k)
  %kind = load i64, ptr %n
  %operands.at = getelementptr ptr, ptr %f, i64 1
  %operands = load ptr, ptr %operands.at
  %slot = getelementptr ptr, ptr %operands, i64 %k
  %data = load ptr, ptr %slot
  switch i64 %kind, label %bool [ i64 2, label %float i64 3, label %int i64 10, label %numpy ]
float:
  %double = load double, ptr %data
  %float.obj = call ptr @"python.PyFloat_FromDouble"(double %double)
  ret ptr %float.obj
int:
  %long = load i64, ptr %data
  %int.obj = call ptr @"python.PyLong_FromLongLong"(i64 %long)
  ret ptr %int.obj
numpy:
  %true.at = getelementptr ptr, ptr %n, i64 6
  %true = load ptr, ptr %true.at
  %false.at = getelementptr ptr, ptr %n, i64 7
  %false = load ptr, ptr %false.at
  br label %choose
bool:
  br label %choose
choose:
  %if.true = phi ptr [%true, %numpy], [@"python._Py_TrueStruct", %bool]
  %if.false = phi ptr [%false, %numpy], [@"python._Py_FalseStruct", %bool]
  %byte = load i8, ptr %data
  %set = icmp ne i8 %byte, 0
  %bool.obj = select i1 %set, ptr %if.true, ptr %if.false
  call void @"python.Py_IncRef"(ptr %bool.obj)
  ret ptr %bool.obj
}

; The result tree as an object that the caller owns; null with an exception when memory is short.
define internal ptr @jitad.build(ptr %n, ptr %f) {
  %p = load ptr, ptr %f
  %kind = load i64, ptr %n
  %count.at = getelementptr i64, ptr %n, i64 1
  switch i64 %kind, label %leaf [
    i64 5, label %static
    i64 6, label %tuple
    i64 7, label %list
    i64 8, label %dict
    i64 9, label %argument
  ]
leaf:
  %k.at = getelementptr i64, ptr %f, i64 4
  %k = load i64, ptr %k.at
  %k.next = add i64 %k, 1
  store i64 %k.next, ptr %k.at
  %boxed = call ptr @jitad.box(ptr %p, i64 %k, ptr %f)
  ret ptr %boxed
static:
  %constant = load ptr, ptr %count.at
  call void @"python.Py_IncRef"(ptr %constant)
  ret ptr %constant
argument:
  %index = load i64, ptr %count.at
  %objects.at = getelementptr ptr, ptr %f, i64 2
  %objects = load ptr, ptr %objects.at
  %arg.at = getelementptr ptr, ptr %objects, i64 %index
  %arg = load ptr, ptr %arg.at
  call void @"python.Py_IncRef"(ptr %arg)
  ret ptr %arg
tuple:
  %tuple.count = load i64, ptr %count.at
  %new.tuple = call ptr @"python.PyTuple_New"(i64 %tuple.count)
  br label %made
list:
  %list.count = load i64, ptr %count.at
  %new.list = call ptr @"python.PyList_New"(i64 %list.count)
  br label %made
dict:
  %new.dict = call ptr @"python.PyDict_New"()
  br label %made
made:
  %box = phi ptr [%new.tuple, %tuple], [%new.list, %list], [%new.dict, %dict]
  %count = load i64, ptr %count.at
  %short = icmp eq ptr %box, null
  br i1 %short, label %no, label %item
item:
  %i = phi i64 [0, %made], [%i.next, %next]
  %end = icmp eq i64 %i, %count
  br i1 %end, label %yes, label %child
child:
  %sub.n = call ptr @jitad.child(ptr %n, i64 %i, ptr %p)
  %sub = call ptr @jitad.build(ptr %sub.n, ptr %f)
  %sub.no = icmp eq ptr %sub, null
  br i1 %sub.no, label %undo, label %put
put:
  switch i64 %kind, label %put.tuple [ i64 7, label %put.list i64 8, label %put.dict ]
put.tuple:
  %items = getelementptr i8, ptr %box, i64 $TUPLE_ITEMS
  %item.at = getelementptr ptr, ptr %items, i64 %i
  store ptr %sub, ptr %item.at
  br label %next
put.list:
  %list.status = call i32 @"python.PyList_SetItem"(ptr %box, i64 %i, ptr %sub)
  br label %next
put.dict:
  %twice = shl i64 %i, 1
  %word = add i64 %twice, 2
  %key.at = getelementptr ptr, ptr %n, i64 %word
  %key = load ptr, ptr %key.at
  %dict.status = call i32 @"python.PyDict_SetItem"(ptr %box, ptr %key, ptr %sub)
  call void @"python.Py_DecRef"(ptr %sub)
  %dict.ok = icmp eq i32 %dict.status, 0
  br i1 %dict.ok, label %next, label %undo
next:
  %i.next = add i64 %i, 1
  br label %item
yes:
  ret ptr %box
undo:
  call void @"python.Py_DecRef"(ptr %box)
  br label %no
no:
  ret ptr null
}

; Turn a status other than 0 into an exception.
define internal void @jitad.raise(ptr %p, i32 %status) {
  %memory = icmp eq i32 %status, -1
  br i1 %memory, label %no.memory, label %program
no.memory:
  %ignored = call ptr @"python.PyErr_NoMemory"()
  ret void
program:
  %wide = sext i32 %status to i64
  %number = call ptr @"python.PyLong_FromLongLong"(i64 %wide)
  %short = icmp eq ptr %number, null
  br i1 %short, label %done, label %ask
ask:
  %handler.at = getelementptr ptr, ptr %p, i64 $on_status
  %handler = load ptr, ptr %handler.at
  %answer = call ptr @"python.PyObject_CallOneArg"(ptr %handler, ptr %number)
  call void @"python.Py_DecRef"(ptr %number)
  %raised = icmp eq ptr %answer, null
  br i1 %raised, label %done, label %silent
silent:
  call void @"python.Py_DecRef"(ptr %answer)
  %kind = load ptr, ptr @"python.PyExc_SystemError"
  call void @"python.PyErr_SetString"(ptr %kind, ptr @jitad.silent)
  ret void
done:
  ret void
}
@jitad.silent = internal constant [46 x i8] c"on_status returned although the kernel failed\00"
"""

_ENTRY = r"""
; Check, allocate, run, box. Null: an exception is set. 1: the call is not for this code.
define internal ptr @jitad.run(ptr %p, ptr %args, ptr %out, ptr %memory) {
  %f = alloca [7 x i64], align 8
  %count.at = getelementptr i64, ptr %p, i64 $operand_count
  %count = load i64, ptr %count.at
  %inputs.at = getelementptr i64, ptr %p, i64 $input_count
  %inputs = load i64, ptr %inputs.at
  %objects = getelementptr [16 x i8], ptr %memory, i64 %count
  %operands = getelementptr ptr, ptr %objects, i64 %count
  %holds = getelementptr ptr, ptr %operands, i64 %count
  %f.operands = getelementptr ptr, ptr %f, i64 1
  %f.objects = getelementptr ptr, ptr %f, i64 2
  %f.scalars = getelementptr ptr, ptr %f, i64 3
  %f.k = getelementptr i64, ptr %f, i64 4
  %f.holds = getelementptr ptr, ptr %f, i64 5
  %f.held = getelementptr i64, ptr %f, i64 6
  store ptr %p, ptr %f
  store ptr %operands, ptr %f.operands
  store ptr %objects, ptr %f.objects
  store ptr %memory, ptr %f.scalars
  store i64 0, ptr %f.k
  store ptr %holds, ptr %f.holds
  store i64 0, ptr %f.held
  br label %clear
clear:
  %c = phi i64 [%inputs, %0], [%c.next, %clear.one]
  %c.end = icmp eq i64 %c, %count
  br i1 %c.end, label %arguments, label %clear.one
clear.one:
  %c.at = getelementptr ptr, ptr %objects, i64 %c
  store ptr null, ptr %c.at
  %c.next = add i64 %c, 1
  br label %clear
arguments:
  %arg.count.at = getelementptr i64, ptr %p, i64 $arg_count
  %arg.count = load i64, ptr %arg.count.at
  %table.at = getelementptr i64, ptr %p, i64 $args
  %table.offset = load i64, ptr %table.at
  %table = getelementptr i8, ptr %p, i64 %table.offset
  br label %argument
argument:
  %i = phi i64 [0, %arguments], [%i.next, %argument.fits]
  %i.end = icmp eq i64 %i, %arg.count
  br i1 %i.end, label %captures, label %argument.one
argument.one:
  %arg.at = getelementptr ptr, ptr %args, i64 %i
  %arg = load ptr, ptr %arg.at
  %n.at = getelementptr i64, ptr %table, i64 %i
  %n.offset = load i64, ptr %n.at
  %n = getelementptr i8, ptr %p, i64 %n.offset
  %arg.ok = call i1 @jitad.accept(ptr %arg, ptr %n, ptr %f)
  br i1 %arg.ok, label %argument.fits, label %finish
argument.fits:
  %i.next = add i64 %i, 1
  br label %argument
captures:
  %captures.ok = call i1 @jitad.captures(ptr %p, ptr %f)
  br i1 %captures.ok, label %outputs, label %finish
outputs:
  %result.at = getelementptr i64, ptr %p, i64 $result
  %result.offset = load i64, ptr %result.at
  %result = getelementptr i8, ptr %p, i64 %result.offset
  %no.out = icmp eq ptr %out, null
  br i1 %no.out, label %allocate, label %take
take:
  %taken = call i1 @jitad.take(ptr %out, ptr %result, ptr %f)
  br i1 %taken, label %disjoint, label %finish
disjoint:
  %shared = call i1 @jitad.overlap(ptr %p, ptr %f)
  br i1 %shared, label %finish, label %allocate
allocate:
  store i64 %inputs, ptr %f.k
  %allocated = call i1 @jitad.allocate(ptr %p, ptr %f)
  br i1 %allocated, label %call, label %failed
call:
  %gil.at = getelementptr i64, ptr %p, i64 $release_gil
  %gil = load i64, ptr %gil.at
  %release = icmp ne i64 %gil, 0
  br i1 %release, label %unlocked, label %locked
locked:
  %status.1 = call i32 @jitad.kernel(ptr %p, ptr %operands)
  br label %ran
unlocked:
  %thread = call ptr @"python.PyEval_SaveThread"()
  %status.2 = call i32 @jitad.kernel(ptr %p, ptr %operands)
  call void @"python.PyEval_RestoreThread"(ptr %thread)
  br label %ran
ran:
  %status = phi i32 [%status.1, %locked], [%status.2, %unlocked]
  %ok = icmp eq i32 %status, 0
  br i1 %ok, label %build, label %raise
raise:
  call void @jitad.raise(ptr %p, i32 %status)
  br label %failed
build:
  %built = call ptr @jitad.build(ptr %result, ptr %f)
  br label %finish
failed:
  br label %finish
finish:
  %answer = phi ptr [inttoptr (i64 1 to ptr), %argument.one], [inttoptr (i64 1 to ptr), %captures],
    [inttoptr (i64 1 to ptr), %take], [inttoptr (i64 1 to ptr), %disjoint], [null, %failed], [%built, %build]
  br label %drop
drop:
  %d = phi i64 [%inputs, %finish], [%d.next, %drop.next]
  %d.end = icmp eq i64 %d, %count
  br i1 %d.end, label %let.go, label %drop.one
drop.one:
  %d.at = getelementptr ptr, ptr %objects, i64 %d
  %d.obj = load ptr, ptr %d.at
  %d.none = icmp eq ptr %d.obj, null
  br i1 %d.none, label %drop.next, label %drop.it
drop.it:
  call void @"python.Py_DecRef"(ptr %d.obj)
  br label %drop.next
drop.next:
  %d.next = add i64 %d, 1
  br label %drop
let.go:
  %held = load i64, ptr %f.held
  br label %hold
hold:
  %h = phi i64 [0, %let.go], [%h.next, %hold.one]
  %h.end = icmp eq i64 %h, %held
  br i1 %h.end, label %return, label %hold.one
hold.one:
  %h.at = getelementptr ptr, ptr %holds, i64 %h
  %h.obj = load ptr, ptr %h.at
  call void @"python.Py_DecRef"(ptr %h.obj)
  %h.next = add i64 %h, 1
  br label %hold
return:
  ret ptr %answer
}

; The METH_FASTCALL | METH_KEYWORDS function. %self is a tuple whose first item holds the table.
define ptr @jitad.entry(ptr %self, ptr %args, i64 %nargs, ptr %kwnames) {
  %table.at = getelementptr i8, ptr %self, i64 $TUPLE_ITEMS
  %table = load ptr, ptr %table.at
  %p = getelementptr i8, ptr %table, i64 $BYTES_DATA
  %guarded = call i1 @jitad.guards(ptr %p)
  br i1 %guarded, label %arity, label %fallback
arity:
  %want.at = getelementptr i64, ptr %p, i64 $arg_count
  %want = load i64, ptr %want.at
  %counted = icmp eq i64 %want, %nargs
  br i1 %counted, label %keywords, label %fallback
keywords:
  %positional = icmp eq ptr %kwnames, null
  br i1 %positional, label %memory, label %names
names:
  %names.at = getelementptr i8, ptr %kwnames, i64 16
  %name.count = load i64, ptr %names.at
  %one = icmp eq i64 %name.count, 1
  br i1 %one, label %name, label %fallback
name:
  %name.at = getelementptr i8, ptr %kwnames, i64 $TUPLE_ITEMS
  %first = load ptr, ptr %name.at
  %out.name.at = getelementptr ptr, ptr %p, i64 $out_name
  %out.name = load ptr, ptr %out.name.at
  %is.out = icmp eq ptr %first, %out.name
  br i1 %is.out, label %given, label %fallback
given:
  %value.at = getelementptr ptr, ptr %args, i64 %nargs
  %value = load ptr, ptr %value.at
  %none = icmp eq ptr %value, @"python._Py_NoneStruct"
  %given.out = select i1 %none, ptr null, ptr %value
  br label %memory
memory:
  %out = phi ptr [null, %keywords], [%given.out, %given]
  %bytes.at = getelementptr i64, ptr %p, i64 $scratch_bytes
  %bytes = load i64, ptr %bytes.at
  %small = icmp ule i64 %bytes, $STACK_BYTES
  br i1 %small, label %stack, label %heap
stack:
  %frame = alloca i8, i64 %bytes, align 16
  %answer.1 = call ptr @jitad.run(ptr %p, ptr %args, ptr %out, ptr %frame)
  br label %answered
heap:
  %block = call ptr @"python.PyMem_Malloc"(i64 %bytes)
  %no.block = icmp eq ptr %block, null
  br i1 %no.block, label %no.memory, label %heap.run
heap.run:
  %answer.2 = call ptr @jitad.run(ptr %p, ptr %args, ptr %out, ptr %block)
  call void @"python.PyMem_Free"(ptr %block)
  br label %answered
no.memory:
  %error = call ptr @"python.PyErr_NoMemory"()
  ret ptr null
answered:
  %answer = phi ptr [%answer.1, %stack], [%answer.2, %heap.run]
  %declined = icmp eq ptr %answer, inttoptr (i64 1 to ptr)
  br i1 %declined, label %fallback, label %done
done:
  ret ptr %answer
fallback:
  %f.at = getelementptr ptr, ptr %p, i64 $fallback
  %f = load ptr, ptr %f.at
  %r = call ptr @"python.PyObject_Vectorcall"(ptr %f, ptr %args, i64 %nargs, ptr %kwnames)
  ret ptr %r
}

; The vectorcall function of a callable whose slot at $ENTRY_SLOT holds an entry. The entry is held while
; it runs: another thread may replace it.
define ptr @jitad.vectorcall(ptr %callable, ptr %args, i64 %nargsf, ptr %kwnames) {
  %entry.at = getelementptr i8, ptr %callable, i64 $ENTRY_SLOT
  %entry = load ptr, ptr %entry.at
  %gone = icmp eq ptr %entry, null
  br i1 %gone, label %cleared, label %live
live:
  call void @"python.Py_IncRef"(ptr %entry)
  %self.at = getelementptr i8, ptr %entry, i64 $FUNCTION_SELF
  %self = load ptr, ptr %self.at
  %nargs = and i64 %nargsf, 9223372036854775807
  %r = call ptr @jitad.entry(ptr %self, ptr %args, i64 %nargs, ptr %kwnames)
  call void @"python.Py_DecRef"(ptr %entry)
  ret ptr %r
cleared:
  %kind = load ptr, ptr @"python.PyExc_SystemError"
  call void @"python.PyErr_SetString"(ptr %kind, ptr @jitad.cleared)
  ret ptr null
}
@jitad.cleared = internal constant [52 x i8] c"the compiled function was cleared with its callable\00"
"""

_DECLARATIONS = r"""
@"numpy.PyArray_Type" = external global i8
@"python.PyTuple_Type" = external global i8
@"python.PyList_Type" = external global i8
@"python.PyDict_Type" = external global i8
@"python.PyFloat_Type" = external global i8
@"python.PyLong_Type" = external global i8
@"python._Py_NoneStruct" = external global i8
@"python._Py_TrueStruct" = external global i8
@"python._Py_FalseStruct" = external global i8
@"python.PyExc_SystemError" = external global ptr
declare void @"python.Py_IncRef"(ptr)
declare void @"python.Py_DecRef"(ptr)
declare void @"python.PyErr_Clear"()
declare ptr @"python.PyErr_NoMemory"()
declare void @"python.PyErr_SetString"(ptr, ptr)
declare ptr @"python.PyList_GetItem"(ptr, i64)
declare ptr @"python.PyDict_GetItemWithError"(ptr, ptr)
declare i64 @"python.PyLong_AsLongLongAndOverflow"(ptr, ptr)
declare ptr @"python.PyLong_FromLongLong"(i64)
declare ptr @"python.PyFloat_FromDouble"(double)
declare ptr @"python.PyTuple_New"(i64)
declare ptr @"python.PyList_New"(i64)
declare i32 @"python.PyList_SetItem"(ptr, i64, ptr)
declare ptr @"python.PyDict_New"()
declare i32 @"python.PyDict_SetItem"(ptr, ptr, ptr)
declare ptr @"python.PyObject_CallOneArg"(ptr, ptr)
declare ptr @"python.PyObject_Vectorcall"(ptr, ptr, i64, ptr)
declare ptr @"python.PyEval_SaveThread"()
declare void @"python.PyEval_RestoreThread"(ptr)
declare ptr @"python.PyMem_Malloc"(i64)
declare void @"python.PyMem_Free"(ptr)
declare ptr @"numpy.PyArray_NewFromDescr"(ptr, ptr, i32, ptr, ptr, ptr, i32, ptr)
"""

# Operands of up to this many bytes in all (see `scratch_bytes`) are noted on the stack, more on the heap.
_STACK_BYTES = 8192


def _kernel_call() -> str:
    """IR that calls the kernel with as many pointers as it has operands, or with the packed array of them."""
    arities = range(program.MAX_DIRECT_OPERANDS + 1)
    lines = [
        "define internal i32 @jitad.kernel(ptr %p, ptr %operands) {",
        "  %kernel.at = getelementptr ptr, ptr %p, i64 $kernel",
        "  %kernel = load ptr, ptr %kernel.at",
        "  %arity.at = getelementptr i64, ptr %p, i64 $arity",
        "  %arity = load i64, ptr %arity.at",
        "  switch i64 %arity, label %packed [" + " ".join(f"i64 {n}, label %call{n}" for n in arities) + "]",
        "packed:",
        "  %packed.status = call i32 %kernel(ptr %operands)",
        "  ret i32 %packed.status",
    ]
    for n in arities:
        lines.append(f"call{n}:")
        for k in range(n):
            lines.append(f"  %at{n}.{k} = getelementptr ptr, ptr %operands, i64 {k}")
            lines.append(f"  %op{n}.{k} = load ptr, ptr %at{n}.{k}")
        pointers = ", ".join(f"ptr %op{n}.{k}" for k in range(n))
        lines += [f"  %status{n} = call i32 %kernel({pointers})", f"  ret i32 %status{n}"]
    return "\n".join([*lines, "}", ""])


def runtime_llvm() -> str:
    """The text of the entry interpreter."""
    parts = (_DECLARATIONS, _CHECKS, _ARGUMENTS, _OUTPUTS, _RESULTS, _kernel_call(), _ENTRY)
    words = {name: str(i) for i, name in enumerate(program.HEADER)}
    return Template("\n".join(parts)).substitute(
        words,
        TUPLE_ITEMS=layout.TUPLE_ITEMS,
        BYTES_DATA=layout.BYTES_DATA,
        SCALAR_VALUE=layout.SCALAR_VALUE,
        CELL_CONTENTS=layout.CELL_CONTENTS,
        FUNCTION_SELF=layout.FUNCTION_SELF,
        ENTRY_SLOT=layout.ENTRY_SLOT,
        STACK_BYTES=_STACK_BYTES,
    )


@cache
def runtime() -> NativeModule:
    """The compiled entry interpreter. It is never freed: calls may be inside it."""
    return compile_module(runtime_llvm())


def packed_llvm(symbol: str, operands: int) -> str:
    """A function `symbol.packed` that calls the kernel with operands from an array of pointers."""
    lines = [
        f'declare i32 @"{symbol}"({", ".join(["ptr"] * operands)})',
        f'define i32 @"{symbol}.packed"(ptr %operands) {{',
    ]
    for k in range(operands):
        lines += [f"  %a{k} = getelementptr ptr, ptr %operands, i64 {k}", f"  %p{k} = load ptr, ptr %a{k}"]
    call = f'  %r = call i32 @"{symbol}"({", ".join(f"ptr %p{k}" for k in range(operands))})'
    return "\n".join([*lines, call, "  ret i32 %r", "}", ""])
