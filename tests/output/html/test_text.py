"""Text from outside on a page: SQL, plans to take away, characters that hide."""

from __future__ import annotations

import base64
import bz2
import io
import json
import tarfile

import pytest

from dbopt.output import page
from dbopt.output.html.archive import archive
from dbopt.output.html.bars import Part, bar
from dbopt.output.html.sql import Piece, shown


def whole(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def test_key_words_values_and_comments_are_told_apart() -> None:
    pieces = shown("SELECT name -- all\nFROM t WHERE a = 'x' AND b = $1").pieces
    assert [(piece.kind, piece.text) for piece in pieces if piece.kind] == [
        ("word", "SELECT"),
        ("comment", "-- all"),
        ("word", "FROM"),
        ("word", "WHERE"),
        ("value", "'x'"),
        ("word", "AND"),
        ("value", "$1"),
    ]


def test_a_statement_in_lines_stays_as_it_is() -> None:
    text = "select  *\nfrom t\n  where a::int=1"
    assert whole(shown(text).pieces) == text
    assert shown(text).original == ""


def test_a_long_line_is_set_in_lines_and_kept() -> None:
    text = f"select a, b from t where {' and '.join(f'c{n} = {n}' for n in range(30))}"
    found = shown(text)
    assert len(whole(found.pieces).splitlines()) > 5
    assert found.original == text


@pytest.mark.parametrize("text", ["SELEC " * 50, "'" * 500, "SELECT (" * 200, "\\x" * 200, "💥" * 300, "x" * 300_000])
def test_no_text_is_refused(text: str) -> None:
    found = shown(text)
    assert whole(found.pieces)
    assert len(whole(found.pieces)) < 101_000


def test_characters_that_hide_are_shown() -> None:
    assert page.visible("a\u202eb\u200dc\u2066\x00\ud800") == "a‹U+202E›b\u200dc‹U+2066›‹U+0000›‹U+D800›"
    assert page.visible("tab\tline\nÄ 漢字 עברית") == "tab\tline\nÄ 漢字 עברית"


def test_an_archive_has_a_file_for_each_plan() -> None:
    plans = [("Q1-before", [{"Plan": {"Node Type": "Result"}}]), ("../../etc/passwd <x>", [{"Plan": "ä\ud800"}])]
    address = archive(plans)
    packed = bz2.decompress(base64.b64decode(address.removeprefix("data:application/x-bzip2;base64,")))
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        names = tar.getnames()
        texts = [reader.read() for name in names if (reader := tar.extractfile(name))]
    assert names == ["001-Q1-before.json", "002-etc-passwd-x.json"]
    assert json.loads(texts[0]) == plans[0][1]
    assert archive(plans) == address


def test_an_archive_that_browsers_refuse_is_none() -> None:
    import random

    noise = random.Random(1).randbytes(2_000_000).hex()
    assert archive([("a", noise)]) == ""


def test_a_bar_has_a_piece_for_each_part_that_can_be_seen() -> None:
    parts = [
        Part(1, "a", "a: 75 ms", "same", 75.0),
        Part(2, "b", "b: 0 ms", "same", 0.01),
        Part(3, "c", "c", "same", 2),
    ]
    assert [(piece.number, piece.left, piece.width, piece.label) for piece in bar(parts, 100.0)] == [
        (1, "0%", "75%", "a"),
        (3, "75.01%", "2%", ""),
    ]
    assert bar(parts, 0.0)
    assert bar([], 0.0) == ()
