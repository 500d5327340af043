"""Blocks of memory that a call obtains while it runs: linked, so that every way out frees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chunk import RELEASE, RELEASE_TAPES

if TYPE_CHECKING:
    from .kernel import Kernel

GROW = '@"jitad.tapes.grow"'
DROP = '@"jitad.tapes.drop"'
# Before a block are 64 bytes (`native/pool.py`), of which two words are ours: {previous, next}.
_RUNTIME = f"""
define internal ptr {GROW}(ptr %list, ptr %base, i64 %bytes) noinline cold nounwind {{
  %fresh = icmp eq ptr %base, null
  %items = call ptr @"jitad.resize"(ptr %base, i64 %bytes)
  %failed = icmp eq ptr %items, null
  br i1 %failed, label %nothing, label %got
nothing:
  ret ptr null
got:
  %new = getelementptr i8, ptr %items, i64 -64
  %next.at = getelementptr ptr, ptr %new, i64 1
  br i1 %fresh, label %link, label %relink
link:
  %first = load ptr, ptr %list
  store ptr null, ptr %new
  store ptr %first, ptr %next.at
  store ptr %new, ptr %list
  br label %behind
relink:
  %previous = load ptr, ptr %new
  %is.first = icmp eq ptr %previous, null
  %previous.next = getelementptr ptr, ptr %previous, i64 1
  %from = select i1 %is.first, ptr %list, ptr %previous.next
  store ptr %new, ptr %from
  br label %behind
behind:
  %next = load ptr, ptr %next.at
  %is.last = icmp eq ptr %next, null
  br i1 %is.last, label %done, label %back
back:
  store ptr %new, ptr %next
  br label %done
done:
  ret ptr %items
}}
define internal void {DROP}(ptr %list, ptr %base) noinline nounwind {{
  %fresh = icmp eq ptr %base, null
  br i1 %fresh, label %done, label %unlink
unlink:
  %block = getelementptr i8, ptr %base, i64 -64
  %previous = load ptr, ptr %block
  %next.at = getelementptr ptr, ptr %block, i64 1
  %next = load ptr, ptr %next.at
  %is.first = icmp eq ptr %previous, null
  %previous.next = getelementptr ptr, ptr %previous, i64 1
  %from = select i1 %is.first, ptr %list, ptr %previous.next
  store ptr %next, ptr %from
  %is.last = icmp eq ptr %next, null
  br i1 %is.last, label %free, label %back
back:
  store ptr %previous, ptr %next
  br label %free
free:
  call void @"jitad.release"(ptr %base)
  br label %done
done:
  ret void
}}
define internal void {RELEASE_TAPES}(ptr %list) noinline nounwind {{
  %first = load ptr, ptr %list
  br label %test
test:
  %block = phi ptr [ %first, %0 ], [ %next, %free ]
  %end = icmp eq ptr %block, null
  br i1 %end, label %done, label %free
free:
  %next.at = getelementptr ptr, ptr %block, i64 1
  %next = load ptr, ptr %next.at
  %items = getelementptr i8, ptr %block, i64 64
  call void @"jitad.release"(ptr %items)
  br label %test
done:
  ret void
}}
"""


def require(kernel: Kernel) -> None:
    """Declare the runtime's functions, and free what is left at the end."""
    kernel.tapes = True
    kernel.e.functions[GROW] = _RUNTIME
    kernel.e.declarations["jitad.resize"] = 'declare ptr @"jitad.resize"(ptr, i64)'
    kernel.e.declarations["jitad.release"] = RELEASE
