"""IR of the entry interpreter: guards, arguments and captured arrays."""

LLVM = r"""
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
  %fits = call i1 @jitad.array(ptr %obj, ptr %n, i32 257, ptr %slot, ptr %f)
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
  br i1 %narrow, label %number, label %no
bool:
  %true = icmp eq ptr %obj, @"python._Py_TrueStruct"
  %false = icmp eq ptr %obj, @"python._Py_FalseStruct"
  %is.bool = or i1 %true, %false
  %byte = zext i1 %true to i8
  store i8 %byte, ptr %storage
  %truth = zext i1 %true to i64
  br i1 %is.bool, label %number, label %no
number:
  %value.now = phi i64 [%integer64, %integer], [%truth, %bool]
  %certain.at = getelementptr i64, ptr %n, i64 6
  %certain = load i64, ptr %certain.at
  %word.at = getelementptr i64, ptr %n, i64 7
  %word = load i64, ptr %word.at
  switch i64 %certain, label %size [ i64 0, label %stored i64 1, label %compare ]
compare:
  %equal = icmp eq i64 %value.now, %word
  br i1 %equal, label %stored, label %no
size:
  %right = call i1 @jitad.number(i64 %value.now, i64 %word, ptr %f)
  br i1 %right, label %stored, label %no
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
