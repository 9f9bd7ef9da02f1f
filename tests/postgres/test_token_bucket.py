"""So much per second, on average."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt.postgres.token_bucket import TokenBucket
from tests.postgres.clock import Clock


def test_a_batch_is_waited_for_when_it_is_done() -> None:
    clock = Clock()
    bucket = TokenBucket(100, clock)
    assert bucket.wait_seconds() == 0
    bucket.take(250)
    assert bucket.wait_seconds() == pytest.approx(2.5)
    clock.now += 2
    assert bucket.wait_seconds() == pytest.approx(0.5)
    clock.now += 1
    assert bucket.wait_seconds() == 0


def test_only_one_second_is_saved_up() -> None:
    clock = Clock()
    bucket = TokenBucket(100, clock)
    clock.now += 3600
    bucket.take(300)
    assert bucket.wait_seconds() == pytest.approx(2)


@given(
    st.floats(0.1, 1e9),
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e3)), min_size=1, max_size=50),
)
def test_who_waits_takes_no_more_than_the_rate(per_second: float, batches: list[tuple[float, float]]) -> None:
    clock = Clock()
    bucket = TokenBucket(per_second, clock)
    begun, taken = clock.now, 0.0
    for tokens, took in batches:
        assert taken <= (clock.now - begun) * per_second * (1 + 1e-6) + 1e-3 * per_second
        clock.now += took
        bucket.take(tokens)
        taken += tokens
        clock.now += bucket.wait_seconds()
