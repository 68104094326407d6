"""Ids: ordered where order may be seen, random where it must not."""

import time

from trading.kernel.ids import new_id, random_id


def test_row_ids_are_uuid_version_7_and_grow_with_time() -> None:
    before = time.time_ns() // 1_000_000
    first = new_id()
    time.sleep(0.002)  # the next millisecond
    second = new_id()
    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert first < second
    assert before <= first.int >> 80 <= time.time_ns() // 1_000_000


def test_row_ids_never_repeat() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_random_ids_are_sixteen_bytes_that_tell_nothing() -> None:
    ids = [random_id() for _ in range(2_000)]
    assert all(len(bytes.fromhex(one)) == 16 for one in ids)
    assert len(set(ids)) == len(ids)
    assert len({one[0] for one in ids}) == 16  # no time, no counter in front
