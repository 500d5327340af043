"""IR of the entry interpreter: the caller's `out` arrays, overlaps, allocation."""

LLVM = r"""
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
  %fits = call i1 @jitad.array(ptr %obj, ptr %n, i32 1281, ptr %slot, ptr %f)
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

; How many bytes the array of a node has in this call.
define internal i64 @jitad.bytes(ptr %n, ptr %f) {
  %bytes.at = getelementptr i64, ptr %n, i64 4
  %bytes = load i64, ptr %bytes.at
  %open = icmp slt i64 %bytes, 0
  br i1 %open, label %count, label %known
known:
  ret i64 %bytes
count:
  %item = sub i64 0, %bytes
  %rank.at = getelementptr i64, ptr %n, i64 5
  %rank = load i64, ptr %rank.at
  %lengths = alloca [64 x i64], align 8
  call void @jitad.lengths(ptr %n, ptr %f, ptr %lengths)
  br label %axis
axis:
  %i = phi i64 [0, %count], [%i.next, %one]
  %total = phi i64 [%item, %count], [%more, %one]
  %end = icmp eq i64 %i, %rank
  br i1 %end, label %done, label %one
one:
  %length.at = getelementptr i64, ptr %lengths, i64 %i
  %length = load i64, ptr %length.at
  %more = mul i64 %total, %length
  %i.next = add i64 %i, 1
  br label %axis
done:
  ret i64 %total
}

; The lengths of a node's array in this call, in `%into`.
define internal void @jitad.lengths(ptr %n, ptr %f, ptr %into) {
  %rank.at = getelementptr i64, ptr %n, i64 5
  %rank = load i64, ptr %rank.at
  %dims = getelementptr i64, ptr %n, i64 8
  %sizes.at = getelementptr ptr, ptr %f, i64 7
  %sizes = load ptr, ptr %sizes.at
  br label %axis
axis:
  %i = phi i64 [0, %0], [%i.next, %put]
  %end = icmp eq i64 %i, %rank
  br i1 %end, label %done, label %one
one:
  %dim.at = getelementptr i64, ptr %dims, i64 %i
  %dim = load i64, ptr %dim.at
  %is.size = icmp slt i64 %dim, 0
  br i1 %is.size, label %look, label %put
look:
  %code = xor i64 %dim, -1
  %j = lshr i64 %code, 1
  %size.at = getelementptr i64, ptr %sizes, i64 %j
  %size = load i64, ptr %size.at
  br label %put
put:
  %length = phi i64 [%dim, %one], [%size, %look]
  %into.at = getelementptr i64, ptr %into, i64 %i
  store i64 %length, ptr %into.at
  %i.next = add i64 %i, 1
  br label %axis
done:
  ret void
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
  %k.bytes = call i64 @jitad.bytes(ptr %k.n, ptr %f)
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
  %j.bytes = call i64 @jitad.bytes(ptr %j.n, ptr %f)
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
  %call.dims = alloca [64 x i64], align 8
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
  %known.dims = getelementptr i64, ptr %n, i64 8
  %bytes.at = getelementptr i64, ptr %n, i64 4
  %bytes = load i64, ptr %bytes.at
  %open = icmp slt i64 %bytes, 0
  br i1 %open, label %lengths, label %shaped
lengths:
  call void @jitad.lengths(ptr %n, ptr %f, ptr %call.dims)
  br label %shaped
shaped:
  %dims = phi ptr [%known.dims, %array], [%call.dims, %lengths]
  %array.obj = call ptr @"numpy.PyArray_NewFromDescr"(
    ptr @"numpy.PyArray_Type", ptr %descr, i32 %nd, ptr %dims, ptr null, ptr null, i32 0, ptr null)
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
