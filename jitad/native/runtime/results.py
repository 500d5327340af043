"""IR of the entry interpreter: box the outputs, build the result tree, raise."""

LLVM = r"""
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
  %argument = alloca ptr
  store ptr %number, ptr %argument
  %answer = call ptr @jitad.call(ptr %handler, ptr %argument, i64 1, ptr null)
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
