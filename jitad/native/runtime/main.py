"""IR of the entry interpreter: the function that CPython calls, and the vectorcall function."""

LLVM = r"""
; Check, allocate, run, box. Null: an exception is set. 1: the call is not for this code.
define internal ptr @jitad.run(ptr %p, ptr %args, ptr %out, ptr %memory) {
  %f = alloca [8 x i64], align 8
  %count.at = getelementptr i64, ptr %p, i64 $operand_count
  %count = load i64, ptr %count.at
  %inputs.at = getelementptr i64, ptr %p, i64 $input_count
  %inputs = load i64, ptr %inputs.at
  %objects = getelementptr [16 x i8], ptr %memory, i64 %count
  %operands = getelementptr ptr, ptr %objects, i64 %count
  %sizes = getelementptr ptr, ptr %operands, i64 %count
  %size.count.at = getelementptr i64, ptr %p, i64 $size_count
  %size.count = load i64, ptr %size.count.at
  %size.total.at = getelementptr i64, ptr %p, i64 $size_total
  %size.total = load i64, ptr %size.total.at
  %holds = getelementptr i64, ptr %sizes, i64 %size.total
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
  %f.sizes = getelementptr ptr, ptr %f, i64 7
  store i64 %size.count, ptr %f.k
  store ptr %holds, ptr %f.holds
  store i64 0, ptr %f.held
  store ptr %sizes, ptr %f.sizes
  br label %size
size:
  %s = phi i64 [0, %0], [%s.next, %size.one]
  %s.end = icmp eq i64 %s, %size.count
  br i1 %s.end, label %clear, label %size.one
size.one:
  %s.object = getelementptr ptr, ptr %objects, i64 %s
  store ptr null, ptr %s.object
  %s.operand = getelementptr ptr, ptr %operands, i64 %s
  %s.at = getelementptr i64, ptr %sizes, i64 %s
  store ptr %s.at, ptr %s.operand
  %s.next = add i64 %s, 1
  br label %size
clear:
  %c = phi i64 [%inputs, %size], [%c.next, %clear.one]
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
  br i1 %captures.ok, label %sized, label %finish
sized:
  call void @jitad.steps(ptr %p, ptr %f)
  br label %outputs
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
  switch i64 %gil, label %by.size [ i64 0, label %locked i64 1, label %unlocked ]
by.size:
  %g = phi i64 [0, %call], [%g.next, %smaller]
  %g.end = icmp eq i64 %g, %size.count
  br i1 %g.end, label %locked, label %look
look:
  %g.at = getelementptr i64, ptr %sizes, i64 %g
  %g.size = load i64, ptr %g.at
  %large = icmp sge i64 %g.size, %gil
  br i1 %large, label %unlocked, label %smaller
smaller:
  %g.next = add i64 %g, 1
  br label %by.size
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
  %r = call ptr @jitad.call(ptr %f, ptr %args, i64 %nargs, ptr %kwnames)
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
