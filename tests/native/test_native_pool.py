"""Memory that calls hand on to each other: kept up to a bound, never in two hands at once."""

import ctypes
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from jitad.native import pool

_word = ctypes.c_int64
obtain = ctypes.CFUNCTYPE(ctypes.c_void_p, _word)(pool.address("obtain"))
resize = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, _word)(pool.address("resize"))
release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(pool.address("release"))
kept = ctypes.CFUNCTYPE(_word)(pool.address("kept"))


def test_a_block_that_was_given_back_is_the_next_one():
    first = obtain(300_000)
    assert first % 64 == 0
    release(first)
    before = kept()
    again = obtain(250_000)
    assert kept() < before
    release(again)
    assert kept() == before


def test_large_blocks_begin_at_large_pages():
    block = obtain(5 * 2**20)
    assert block % pool.PAGE == 0
    ctypes.memset(block, 1, 5 * 2**20)
    release(block)


def test_blocks_keep_what_they_hold_when_they_grow():
    for sizes in ([100, 70_000, 3_000_000], [1000, 2000, 90_000_000, 200_000_000], [80_000_000, 150_000_000]):
        block = resize(None, sizes[0])
        text = bytes(range(100))
        ctypes.memmove(block - 64, b"the owner's word", 16)
        ctypes.memmove(block, text, 100)
        for size in sizes[1:]:
            block = resize(block, size)
            ctypes.memset(block + size - 1, 7, 1)
        assert ctypes.string_at(block, 100) == text
        assert ctypes.string_at(block - 64, 16) == b"the owner's word"
        release(block)


def test_no_more_is_kept_than_the_bound():
    blocks = [obtain(2**20 * (1 + k % 9)) for k in range(60)]
    assert None not in blocks
    for block in blocks:
        release(block)
    assert 0 < kept() <= pool.bound()


def test_what_is_kept_makes_room_for_what_was_used_last():
    for block in [obtain(2**20) for _ in range(8)] + [obtain(10 * 2**20) for _ in range(6)]:
        release(block)
    large = obtain(60 * 2**20)
    release(large)
    assert 60 * 2**20 <= kept() <= pool.bound()
    assert obtain(60 * 2**20) == large
    release(large)


def test_impossible_sizes_are_null():
    assert obtain(2**62 + 1) is None
    block = obtain(100)
    assert resize(block, 2**62 + 1) is None
    release(block)


def test_threads_never_share_a_block():
    def work(seed):
        rng = random.Random(seed)
        mine = []
        for _ in range(3000):
            if mine and rng.random() < 0.5:
                block, size, mark = mine.pop(rng.randrange(len(mine)))
                assert _word.from_address(block).value == mark
                assert _word.from_address(block + size - 8).value == mark
                release(block)
            else:
                size, mark = 8 * rng.randrange(2**10, 2**17), rng.getrandbits(60)
                block = obtain(size)
                _word.from_address(block).value = _word.from_address(block + size - 8).value = mark
                mine.append((block, size, mark))
        for block, *_ in mine:
            release(block)
        return True

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(4)))
    assert kept() <= pool.bound()


@pytest.mark.parametrize(("text", "message"), [("0", "0"), ("many", "JITAD_KEPT_BYTES is a number of bytes")])
def test_the_environment_sets_the_bound(text, message):
    code = (
        "import ctypes; from jitad.native import pool\n"
        "call = lambda name, *x: ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(pool.address(name))(*x)\n"
        "call('release', call('obtain', 10**6)); print(call('kept', None) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, pool.VARIABLE: text},
        capture_output=True,
        text=True,
        check=False,
    )
    assert message in (done.stderr if text == "many" else done.stdout)
