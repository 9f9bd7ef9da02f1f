"""Documents: deterministic text out, every field checked on the way in, files written whole or not at all."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbopt import documents
from dbopt.errors import CorruptDocument, FileError, FileMissing, UnsupportedDocument
from dbopt.units import MOST


@dataclass(frozen=True)
class Leaf:
    name: str
    value: float | None = None
    sets: tuple[tuple[str | None, ...], ...] = ()


@dataclass(frozen=True)
class Tree:
    SCHEMA: ClassVar[str] = "dbopt.tree/1"
    WRITTEN_BY: ClassVar[str] = "dbopt grow"

    count: int
    leaves: tuple[Leaf, ...]
    flags: dict[str, bool]


TREE = Tree(2, (Leaf("a", 1.5, (("x", None),)), Leaf("ü")), {"on": True})

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
leaves = st.builds(
    Leaf,
    name=texts,
    value=st.none() | st.floats(-1e6, 1e6).map(lambda value: round(value, 6)),
    sets=st.lists(st.lists(st.none() | texts).map(tuple)).map(tuple),
)
trees = st.builds(
    Tree,
    count=st.integers(-MOST, MOST),
    leaves=st.lists(leaves).map(tuple),
    flags=st.dictionaries(texts, st.booleans()),
)


@given(trees)
def test_what_is_written_is_read_again(tree: Tree) -> None:
    assert documents.load(Tree, documents.dump(tree)) == tree


def test_keys_stand_in_the_order_of_the_fields_and_the_schema_first() -> None:
    assert list(json.loads(documents.dump(TREE))) == ["schema", "count", "leaves", "flags"]


def test_unknown_keys_are_ignored() -> None:
    data = json.loads(documents.dump(TREE)) | {"later": 1}
    assert documents.load(Tree, json.dumps(data)) == TREE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", 'no "schema"'),
        ("{}", 'no "schema"'),
        ('{"schema": "dbopt.advice/1"}', "is a dbopt.advice/1 file"),
        ('{"schema": "dbopt.tree/1"}', '"count" is missing'),
        ('{"schema": "dbopt.tree/1", "count": "2", "leaves": [], "flags": {}}', 'count: a whole number.*"2"'),
        ('{"schema": "dbopt.tree/1", "count": true, "leaves": [], "flags": {}}', "count: a whole number"),
        (
            '{"schema": "dbopt.tree/1", "count": 1, "leaves": [{"name": 3}], "flags": {}}',
            r"leaves\[0\]: name: a string",
        ),
        ('{"schema": "dbopt.tree/1", "count": 1, "leaves": {}, "flags": {}}', "leaves: a list"),
        (
            '{"schema": "dbopt.tree/1", "count": 1, "leaves": [{"name": "\\u0000"}], "flags": {}}',
            "no PostgreSQL server",
        ),
        (
            '{"schema": "dbopt.tree/1", "count": 1, "leaves": [{"name": "\\ud800"}], "flags": {}}',
            "no PostgreSQL server",
        ),
        ('{"schema": "dbopt.tree/1", "count": 1, "leaves": [{"name": "", "value": 1e400}], "flags": {}}', "finite"),
        (f'{{"schema": "dbopt.tree/1", "count": {2**63}, "leaves": [], "flags": {{}}}}', "count: a number of at most"),
        (
            f'{{"schema": "dbopt.tree/1", "count": 1, "leaves": [{{"name": "", "value": -{10**400}}}], "flags": {{}}}}',
            r"leaves\[0\]: value: a number of at most 9223372036854775807",
        ),
        ('{"schema": "dbopt.tree/1", "count": 1, "leaves": [], "flags": []}', "flags: an object"),
    ],
)
def test_a_corrupt_document_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(CorruptDocument, match=message):
        documents.load(Tree, text, "x.json")


def test_a_document_of_another_version_is_refused() -> None:
    with pytest.raises(UnsupportedDocument, match="tree"):
        documents.load(Tree, '{"schema": "dbopt.tree/2"}')


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileMissing, match="nowhere"):
        documents.read(Tree, "nowhere.json")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "binary"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorruptDocument, match="UTF-8"):
        documents.read(Tree, str(path))


def test_writing_replaces_a_file_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    path.chmod(0o600)
    documents.write_atomically(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_writing_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    documents.write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


def test_writing_to_a_device_leaves_it_one(tmp_path: Path) -> None:
    documents.write_atomically(Path(os.devnull), "gone")
    assert Path(os.devnull).is_char_device()


def test_writing_into_a_missing_directory_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot write"):
        documents.write_atomically(tmp_path / "missing" / "out.json", "new")
