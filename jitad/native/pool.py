"""Memory of calls: blocks that one call gives back and the next one takes, on any thread.

Fresh memory costs more than what is computed in it: the system maps and clears it page by page, 3 µs for
4 KiB on a virtual machine. Blocks from SMALLEST bytes on are kept, up to `bound` bytes in all.

A block is a header of 64 bytes, {two words of whoever has the block, capacity, what malloc gave}, and the
bytes that are handed out, aligned to 64, from LARGE on to a large page.
"""

from __future__ import annotations

import os
import sys

from jitad.native.once import once

#: Bytes that the process keeps between calls, unless the environment says otherwise.
KEPT_BYTES = 64 * 2**20
VARIABLE = "JITAD_KEPT_BYTES"
#: Smaller blocks are the C library's.
SMALLEST_BITS = 16
#: From this size on a block begins at a large page, and asks for such pages where it fills them (Linux).
LARGE, PAGE, MADV_HUGEPAGE = 2**20, 2**21, 14

# Blocks are kept by the number of bits of their capacity, so many in each of these classes.
_CLASSES, _EACH = 11, 8
# A block may be up to so many classes larger than asked for.
_REACH = 3

_LLVM = """
declare ptr @"libc.malloc"(i64)
declare ptr @"libc.realloc"(ptr, i64)
declare void @"libc.free"(ptr)
declare i64 @llvm.ctlz.i64(i64, i1)
declare i64 @llvm.umin.i64(i64, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
ADVICE_DECLARATION
@kept = internal global i64 0
@slots = internal global [SLOTS x ptr] zeroinitializer

define internal i64 @capacity(ptr %block) {
  %at = getelementptr i8, ptr %block, i64 -48
  %bytes = load i64, ptr %at
  ret i64 %bytes
}

define internal i64 @first_slot(i64 %bytes) {
  %zeros = call i64 @llvm.ctlz.i64(i64 %bytes, i1 false)
  %class = sub i64 TOP_BIT, %zeros
  %slot = mul i64 %class, EACH
  ret i64 %slot
}

define internal void @drop(ptr %block) {
  %at = getelementptr i8, ptr %block, i64 -40
  %raw = load ptr, ptr %at
  call void @"libc.free"(ptr %raw)
  ret void
}

define internal void @initialise(ptr %block, i64 %bytes, ptr %raw) {
  %capacity.at = getelementptr i8, ptr %block, i64 -48
  store i64 %bytes, ptr %capacity.at
  %raw.at = getelementptr i8, ptr %block, i64 -40
  store ptr %raw, ptr %raw.at
  ret void
}

define internal ptr @fresh(i64 %bytes) {
  %huge = icmp ugt i64 %bytes, 4611686018427387904
  br i1 %huge, label %none, label %ask
ask:
  %large = icmp uge i64 %bytes, LARGE
  %border = select i1 %large, i64 PAGE, i64 64
  %more = add i64 %border, 64
  %size = add i64 %bytes, %more
  %raw = call ptr @"libc.malloc"(i64 %size)
  %failed = icmp eq ptr %raw, null
  br i1 %failed, label %none, label %got
got:
  %address = ptrtoint ptr %raw to i64
  %raised = add i64 %address, %more
  %mask = sub i64 0, %border
  %aligned = and i64 %raised, %mask
  %skip = sub i64 %aligned, %address
  %block = getelementptr i8, ptr %raw, i64 %skip
  call void @initialise(ptr %block, i64 %bytes, ptr %raw)
  ADVICE
  ret ptr %block
none:
  ret ptr null
}

define ptr @jitad.obtain(i64 %bytes) {
  %kept.size = icmp uge i64 %bytes, SMALLEST
  br i1 %kept.size, label %search, label %new
search:
  %first = call i64 @first_slot(i64 %bytes)
  %reach = add i64 %first, REACH
  %last = call i64 @llvm.umin.i64(i64 %reach, i64 SLOTS)
  br label %test
test:
  %slot = phi i64 [ %first, %search ], [ %next, %on ]
  %more = icmp slt i64 %slot, %last
  br i1 %more, label %look, label %new
look:
  %at = getelementptr ptr, ptr @slots, i64 %slot
  %seen = load atomic ptr, ptr %at monotonic, align 8
  %empty = icmp eq ptr %seen, null
  br i1 %empty, label %on, label %take
take:
  %block = atomicrmw xchg ptr %at, ptr null acq_rel
  %taken = icmp ne ptr %block, null
  br i1 %taken, label %weigh, label %on
weigh:
  %capacity = call i64 @capacity(ptr %block)
  %before = atomicrmw sub ptr @kept, i64 %capacity monotonic
  %fits = icmp uge i64 %capacity, %bytes
  br i1 %fits, label %found, label %back
found:
  ret ptr %block
back:
  call void @jitad.release(ptr %block)
  br label %on
on:
  %next = add i64 %slot, 1
  br label %test
new:
  %made = call ptr @fresh(i64 %bytes)
  ret ptr %made
}

define internal void @make_room(i64 %bytes) {
  br label %test
test:
  %slot = phi i64 [ 0, %0 ], [ %next, %on ]
  %total = load atomic i64, ptr @kept monotonic, align 8
  %with = add i64 %total, %bytes
  %full = icmp ugt i64 %with, BOUND
  %more = icmp slt i64 %slot, SLOTS
  %go = and i1 %full, %more
  br i1 %go, label %take, label %done
take:
  %at = getelementptr ptr, ptr @slots, i64 %slot
  %block = atomicrmw xchg ptr %at, ptr null acq_rel
  %taken = icmp ne ptr %block, null
  br i1 %taken, label %give, label %on
give:
  %capacity = call i64 @capacity(ptr %block)
  %before = atomicrmw sub ptr @kept, i64 %capacity monotonic
  call void @drop(ptr %block)
  br label %on
on:
  %next = add i64 %slot, 1
  br label %test
done:
  ret void
}

define void @jitad.release(ptr %block) {
  %capacity = call i64 @capacity(ptr %block)
  %large = icmp uge i64 %capacity, SMALLEST
  %bounded = icmp ule i64 %capacity, BOUND
  %keeps = and i1 %large, %bounded
  br i1 %keeps, label %keep, label %free
keep:
  call void @make_room(i64 %capacity)
  %first = call i64 @first_slot(i64 %capacity)
  %last = add i64 %first, EACH
  %possible = icmp sle i64 %last, SLOTS
  br i1 %possible, label %test, label %free
test:
  %slot = phi i64 [ %first, %keep ], [ %next, %on ]
  %more = icmp slt i64 %slot, %last
  br i1 %more, label %try, label %free
try:
  %at = getelementptr ptr, ptr @slots, i64 %slot
  %before = atomicrmw add ptr @kept, i64 %capacity monotonic
  %pair = cmpxchg ptr %at, ptr null, ptr %block acq_rel monotonic
  %done = extractvalue { ptr, i1 } %pair, 1
  br i1 %done, label %kept, label %taken
taken:
  %after = atomicrmw sub ptr @kept, i64 %capacity monotonic
  br label %on
on:
  %next = add i64 %slot, 1
  br label %test
kept:
  ret void
free:
  call void @drop(ptr %block)
  ret void
}

define ptr @jitad.resize(ptr %block, i64 %bytes) {
  %none = icmp eq ptr %block, null
  br i1 %none, label %begin, label %have
begin:
  %first = call ptr @jitad.obtain(i64 %bytes)
  ret ptr %first
have:
  %capacity = call i64 @capacity(ptr %block)
  %enough = icmp uge i64 %capacity, %bytes
  br i1 %enough, label %same, label %measure
same:
  ret ptr %block
measure:
  %raw.at = getelementptr i8, ptr %block, i64 -40
  %raw = load ptr, ptr %raw.at
  %header = getelementptr i8, ptr %block, i64 -64
  %plain = icmp eq ptr %raw, %header
  %beyond = icmp ugt i64 %bytes, BOUND
  br i1 %beyond, label %giant, label %move
giant:
  %size = add i64 %bytes, 64
  %huge = icmp ugt i64 %bytes, 4611686018427387904
  br i1 %huge, label %fail, label %stretch
stretch:
  %old = select i1 %plain, ptr %raw, ptr null
  %stretched = call ptr @"libc.realloc"(ptr %old, i64 %size)
  %no = icmp eq ptr %stretched, null
  br i1 %no, label %fail, label %stretched.on
stretched.on:
  %wide = getelementptr i8, ptr %stretched, i64 64
  br i1 %plain, label %finish, label %copy
move:
  %moved = call ptr @jitad.obtain(i64 %bytes)
  %failed = icmp eq ptr %moved, null
  br i1 %failed, label %fail, label %copy.words
copy.words:
  %moved.capacity = call i64 @capacity(ptr %moved)
  %moved.raw.at = getelementptr i8, ptr %moved, i64 -40
  %moved.raw = load ptr, ptr %moved.raw.at
  br label %copy
copy:
  %to = phi ptr [ %wide, %stretched.on ], [ %moved, %copy.words ]
  %to.capacity = phi i64 [ %bytes, %stretched.on ], [ %moved.capacity, %copy.words ]
  %to.raw = phi ptr [ %stretched, %stretched.on ], [ %moved.raw, %copy.words ]
  %to.header = getelementptr i8, ptr %to, i64 -64
  %used = add i64 %capacity, 64
  call void @llvm.memcpy.p0.p0.i64(ptr %to.header, ptr %header, i64 %used, i1 false)
  call void @initialise(ptr %to, i64 %to.capacity, ptr %to.raw)
  call void @jitad.release(ptr %block)
  ret ptr %to
finish:
  call void @initialise(ptr %wide, i64 %bytes, ptr %stretched)
  ret ptr %wide
fail:
  ret ptr null
}

define i64 @jitad.kept() {
  %bytes = load atomic i64, ptr @kept monotonic, align 8
  ret i64 %bytes
}
"""

_ADVICE = """
  %pages = and i64 %bytes, -PAGE
  %some = icmp ne i64 %pages, 0
  br i1 %some, label %advise, label %ready
advise:
  %advised = call i32 @"libc.madvise"(ptr %block, i64 %pages, i32 ADVISE)
  br label %ready
ready:
"""


def bound() -> int:
    """How many bytes the process keeps between calls."""
    text = os.environ.get(VARIABLE, str(KEPT_BYTES))
    if not text.isdecimal():
        raise ValueError(f"{VARIABLE} is a number of bytes, not {text!r}")
    return int(text)


def _text() -> str:
    linux = sys.platform == "linux"
    words = {
        "ADVICE_DECLARATION": 'declare i32 @"libc.madvise"(ptr, i64, i32)' if linux else "",
        "ADVICE": _ADVICE if linux else "",
        "ADVISE": MADV_HUGEPAGE,
        "SMALLEST": 2**SMALLEST_BITS,
        "TOP_BIT": 63 - SMALLEST_BITS,
        "REACH": _REACH * _EACH,
        "SLOTS": _CLASSES * _EACH,
        "EACH": _EACH,
        "LARGE": LARGE,
        "PAGE": PAGE,
        "BOUND": bound(),
    }
    text = _LLVM
    for word, value in words.items():
        text = text.replace(word, str(value))
    return text


@once
def _module() -> object:
    from jitad.native.engine import compile_module

    return compile_module(_text())


def address(routine: str) -> int:
    """The address of `ptr obtain(i64)`, `ptr resize(ptr, i64)`, `void release(ptr)` or `i64 kept(void)`.

    `obtain` and `resize` return null where there is no memory; `resize` then leaves the block as it was.
    """
    return _module().address(f"jitad.{routine}")  # type: ignore[attr-defined]
