"""Values in a DETAIL."""

from __future__ import annotations

import pytest

from dbopt.workload.logs.binds import Bound, bound, is_cut


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        (b"parameters: $1 = '7'", Bound(("7",), is_cut=False)),
        (b"Parameters: $1 = 'it''s, $2 = x', $2 = NULL, $3 = ''", Bound(("it's, $2 = x", None, ""), is_cut=False)),
        ("paramètres : $1 = 'é\n'".encode(), Bound(("é\n",), is_cut=False)),
        (b"parameters: $1 = 'abc...', $2 = '1'", Bound(("abc...", "1"), is_cut=True)),
        (b"parameters: $1 = 'no end", Bound((), is_cut=True)),
        (b"prepare: PREPARE p AS SELECT 1", None),
        (b"Key (a)=(1) already exists.", None),
        (b"", None),
    ],
)
def test_values(detail: bytes, expected: Bound | None) -> None:
    assert bound(detail) == expected


def test_what_is_cut_is_told_without_reading_the_values() -> None:
    assert is_cut(b"parameters: $1 = 'abc...'")
    assert not is_cut(b"parameters: $1 = 'abc'")
    assert not is_cut(b"Key (a)=('x...') already exists.")
