"""Durations and sizes of the command line."""

from __future__ import annotations

import pytest

from dbopt.errors import UsageError
from dbopt.units import bytes_of, milliseconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500ms", 500),
        ("60s", 60_000),
        ("60", 60_000),
        ("2 min", 120_000),
        ("2 Minutes", 120_000),
        ("1.5 hours", 5_400_000),
        ("1 hour 30 mins", 5_400_000),
        ("1h30m", 5_400_000),
        ("01:30:00", 5_400_000),
        ("00:00:00.5", 500),
        ("90 days", 7_776_000_000),
        (" 1 week ", 604_800_000),
        ("250us", 0.25),
        ("0", 0),
    ],
)
def test_a_duration_is_a_postgresql_interval(text: str, expected: float) -> None:
    assert milliseconds(text) == expected


@pytest.mark.parametrize("text", ["", "  ", "soon", "-5s", "5 parsecs", "1 month", "2 years", "5s later", "1:2:3:4"])
def test_what_is_no_fixed_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a duration"):
        milliseconds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8192", 8192),
        ("2GB", 2 * 2**30),
        ("512 MB", 512 * 2**20),
        ("8kB", 8192),
        ("1.5 TB", 3 * 2**39),
        ("1 GiB", 2**30),
        ("100 bytes", 100),
        ("10m", 10 * 2**20),
        (" 0 ", 0),
        ("9007199254740993", 9007199254740993),
        ("9223372036854775807", 2**63 - 1),
        ("8191.5 PB", 8191 * 2**50 + 2**49),
    ],
)
def test_a_size_counts_in_powers_of_1024(text: str, expected: int) -> None:
    assert bytes_of(text) == expected


@pytest.mark.parametrize("text", ["", "big", "-1", "2 GBs", "2 XB", "1 000"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a size"):
        bytes_of(text)


@pytest.mark.parametrize("text", ["9223372036854775808", "8192 PB", "9" * 400])
def test_a_size_that_no_bigint_holds_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is too large for a size"):
        bytes_of(text)


@pytest.mark.parametrize("text", ["9" * 400, "9" * 400 + ":00", "9223372036854776 s"])
def test_a_duration_that_no_bigint_holds_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is too long for a duration"):
        milliseconds(text)
