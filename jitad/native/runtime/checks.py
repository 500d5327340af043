"""IR of the entry interpreter: does an object match its node?"""

LLVM = r"""
; Is %number what the word of a length says? A size that is met for the first time is noted.
define internal i1 @jitad.number(i64 %number, i64 %word, ptr %f) {
  %is.size = icmp slt i64 %word, 0
  br i1 %is.size, label %size, label %known
known:
  %equal = icmp eq i64 %number, %word
  ret i1 %equal
size:
  %code = xor i64 %word, -1
  %j = lshr i64 %code, 1
  %sizes.at = getelementptr ptr, ptr %f, i64 7
  %sizes = load ptr, ptr %sizes.at
  %size.at = getelementptr i64, ptr %sizes, i64 %j
  %first = trunc i64 %code to i1
  br i1 %first, label %define, label %again
define:
  %p = load ptr, ptr %f
  %least.at = getelementptr i64, ptr %p, i64 $least
  %least = load i64, ptr %least.at
  store i64 %number, ptr %size.at
  %enough = icmp sge i64 %number, %least
  ret i1 %enough
again:
  %before = load i64, ptr %size.at
  %same = icmp eq i64 %number, %before
  ret i1 %same
}

; Does %obj have the node's dtype, rank, shape and all flags of %wanted? Then its data goes to %slot.
define internal i1 @jitad.array(ptr %obj, ptr %n, i32 %wanted, ptr %slot, ptr %f) {
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
  %i = phi i64 [0, %shape], [%i.next, %compare], [%i.next, %differs]
  %end = icmp eq i64 %i, %nd
  br i1 %end, label %yes, label %compare
compare:
  %dim.at = getelementptr i64, ptr %dims, i64 %i
  %dim = load i64, ptr %dim.at
  %size.at = getelementptr i64, ptr %sizes, i64 %i
  %size = load i64, ptr %size.at
  %equal = icmp eq i64 %dim, %size
  %i.next = add i64 %i, 1
  br i1 %equal, label %axis, label %differs
differs:
  %noted = call i1 @jitad.number(i64 %dim, i64 %size, ptr %f)
  br i1 %noted, label %axis, label %no
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
