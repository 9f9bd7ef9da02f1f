"""A workload from .sql files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from dbopt.errors import CorruptDocument, FileError, FileMissing
from dbopt.workload.model import Statement
from dbopt.workload.sql_files import capture


def captured(folder: Path, text: str) -> tuple[Statement, ...]:
    file = folder / "q.sql"
    file.write_text(text, "utf-8")
    return capture([str(file)]).workload.statements


@pytest.mark.parametrize(
    "comment",
    ["-- name: get_user", "-- name: get_user :one", "-- name: get_user^", "--name:get_user!", "/* name: get_user */",
     "-- :name get_user :? :1"],
)  # fmt: skip
def test_a_comment_names_a_statement(tmp_path: Path, comment: str) -> None:
    [one] = captured(tmp_path, f"{comment}\n-- What it does.\nSELECT 1 FROM t;")
    assert one.name == "get_user"


def test_a_dash_belongs_to_a_name(tmp_path: Path) -> None:
    [one] = captured(tmp_path, "-- name: get-user^\nSELECT 1 FROM t;")
    assert one.name == "get-user"


def test_without_a_name_it_is_called_by_its_place(tmp_path: Path) -> None:
    [_, one] = captured(tmp_path, "SELECT 1;\n\nSELECT 2;")
    assert (one.name or "").endswith("q.sql:3")


@pytest.mark.parametrize(
    ("sql", "params", "expected"),
    [
        ("SELECT :id::int, :name", '{"name": "x", "id": 42}', ("42", "x")),
        ("SELECT %(id)s, %(id)s", '{"id": 42}', ("42",)),
        ("SELECT $2, $1", '[42, "x"]', ("42", "x")),
        ("SELECT $1", '{"1": 42}', ("42",)),
        ("SELECT %s, ?", "[1.5, null]", ("1.5", None)),
        ("SELECT $1, $2, $3", '[true, [1, "a b"], {"k": "ü"}]', ("true", '{"1","a b"}', '{"k": "ü"}')),
    ],
)
def test_values_are_given_by_name_or_place(
    tmp_path: Path, sql: str, params: str, expected: tuple[str | None, ...]
) -> None:
    [one] = captured(tmp_path, f"-- params: {params}\n{sql};")
    assert (one.parameters, one.parameters_from) == ((expected,), "file")


def test_a_statement_knows_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "a b.sql").write_bytes(b"-- name: one\r\n\r\nSELECT 1;\r\n/* two */ SELECT 2;\r\n")
    monkeypatch.chdir(tmp_path)
    assert [one.location for one in capture(["queries"]).workload.statements] == [
        "queries/a b.sql:3", "queries/a b.sql:4",
    ]  # fmt: skip


def test_standard_input_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 1;"))
    [one] = capture(["-"]).workload.statements
    assert (one.name, one.location) == ("-:1", None)


def test_several_lines_are_several_sets(tmp_path: Path) -> None:
    [one] = captured(tmp_path, "-- params: [1]\n-- params: [2]\nSELECT $1;")
    assert one.parameters == (("1",), ("2",))


@pytest.mark.parametrize("params", ["{", "[1]", "[1, 2, 3]", '{"a": 1}', "7"])
def test_values_that_do_not_fit_are_an_error_that_names_the_place(tmp_path: Path, params: str) -> None:
    with pytest.raises(CorruptDocument, match=r"q\.sql:2"):
        captured(tmp_path, f"-- params: {params}\nSELECT $1, $2;")


def test_folders_are_read_in_order(tmp_path: Path) -> None:
    for name in ("b.sql", "a/z.sql", "a/y.sql", "a/readme.txt"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"-- name: {file.stem}\nSELECT 1;")
    assert [one.name for one in capture([str(tmp_path)]).workload.statements] == ["y", "z", "b"]


def test_commands_are_left_out_with_a_note_and_errors_are_kept(tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("\\timing\nBEGIN; CREATE INDEX ON t (a); SELEC oops; COMMIT;")
    result = capture([str(tmp_path)])
    assert [one.sql for one in result.workload.statements] == ["SELEC oops"]
    assert [note.partition("left out: ")[2] for note in result.notes] == [
        "3 x utility command", "\\timing is a command to psql",
    ]  # fmt: skip
    assert result.commands == ("BEGIN", "CREATE", "COMMIT")


def test_the_same_statement_under_two_names_stays_two(tmp_path: Path) -> None:
    one, other = captured(tmp_path, "-- name: a\nSELECT 1 FROM t;\n-- name: b\nSELECT 2 FROM t;")
    assert (one.id == other.id, one.name, other.name) == (True, "a", "b")


def test_no_such_file_and_no_sql_in_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        capture([str(tmp_path / "none.sql")])
    with pytest.raises(FileError, match=r"no \.sql file"):
        capture([str(tmp_path)])
