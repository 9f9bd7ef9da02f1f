"""Where results go: --format, -o, several of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dbopt.cli.command import Run
from dbopt.errors import UsageError
from dbopt.output.report import Column, Report, Table

Dbopt = Callable[..., tuple[int, str, str]]


def report() -> Report:
    """A result with forms of its own."""
    forms = {name: lambda name=name: f"<{name}>\n" for name in ("junit", "sarif", "github", "json")}
    return Report((Table((Column("a"),), ((1,),)),), texts=forms)


def run(*outputs: Path, **options: object) -> Run:
    return Run(outputs=outputs, **options)  # type: ignore[arg-type]


@pytest.fixture
def workload(dbopt: Dbopt, tmp_path: Path) -> list[str]:
    """A command that needs no server."""
    (tmp_path / "q.sql").write_text("SELECT 1 FROM t;")
    return ["capture", "sql", str(tmp_path / "q.sql")]


@pytest.mark.parametrize("format_name", ["junit", "sarif", "github", "html", "sql"])
def test_a_command_without_that_form_says_so(dbopt: Dbopt, workload: list[str], format_name: str) -> None:
    code, out, err = dbopt(*workload, "--format", format_name)
    assert (code, out) == (2, "")
    assert err.startswith(f"dbopt: error: this command has no {format_name} output\nhint: ")


@pytest.mark.parametrize(
    ("command", "formats"),
    [
        (["suggest"], "<table|json|csv|markdown|sql|html>"),
        (["check"], "<table|json|csv|markdown|junit|sarif|github>"),
        (["explain"], "<table|json|csv|markdown|html>"),
    ],
)
def test_the_help_names_the_formats_that_a_command_has(dbopt: Dbopt, command: list[str], formats: str) -> None:
    _, out, _ = dbopt(*command, "--help")
    assert f"--format {formats}" in out


def test_the_help_of_a_command_with_one_format_names_none(dbopt: Dbopt) -> None:
    assert "--format" not in dbopt("snapshot", "--help")[1]


@pytest.mark.parametrize(("name", "text"), [("a.sarif", "<sarif>\n"), ("a.XML", "<junit>\n"), ("a.txt", "<github>\n")])
def test_the_suffix_chooses_the_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv("DBOPT_FORMAT", "github")
    run(tmp_path / name).emit(report())
    assert (tmp_path / name).read_text() == text


def test_one_file_takes_the_format_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path / "a.json", format="sarif").emit(report())
    assert (tmp_path / "a.json").read_text() == "<sarif>\n"
    assert capsys.readouterr().out == ""


def test_several_files_go_by_their_suffixes_and_stdout_by_format(
    dbopt: Dbopt, workload: list[str], tmp_path: Path
) -> None:
    target, other = tmp_path / "w.json", tmp_path / "w.csv"
    code, out, err = dbopt(*workload, "-o", str(target), "-o", str(other), "--format", "markdown")
    assert code == 0
    assert json.loads(target.read_text())["schema"] == "dbopt.workload/1"
    assert other.read_text().startswith("id,name,")
    assert out.startswith("| id")
    assert err == f"wrote {target}\nwrote {other}\n"


def test_several_files_print_nothing_of_their_own_accord(dbopt: Dbopt, workload: list[str], tmp_path: Path) -> None:
    assert dbopt(*workload, "-o", str(tmp_path / "a.json"), "-o", str(tmp_path / "b.md"))[1] == ""


def test_github_is_for_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dbopt.cli.command import Format

    run(tmp_path / "a.sarif", format=Format.GITHUB).emit(report())
    assert (tmp_path / "a.sarif").read_text() == "<sarif>\n"
    assert capsys.readouterr().out == "<github>\n"


def test_no_file_is_written_where_one_of_them_cannot_be(dbopt: Dbopt, workload: list[str], tmp_path: Path) -> None:
    code, _, err = dbopt(*workload, "-o", str(tmp_path / "w.json"), "-o", str(tmp_path / "w.sarif"))
    assert (code, "no sarif output" in err) == (2, True)
    assert not (tmp_path / "w.json").exists()
    assert dbopt(*workload, "-o", str(tmp_path / "w.json"), "-o", str(tmp_path / "no" / "w.csv"))[0] == 3
    assert not (tmp_path / "w.json").exists()


def test_a_command_of_one_file_refuses_two(dbopt: Dbopt, tmp_path: Path) -> None:
    code, _, err = dbopt("snapshot", "-o", str(tmp_path / "a.dbsnap"), "-o", str(tmp_path / "b.dbsnap"))
    assert (code, "this command writes one file" in err) == (2, True)
    with pytest.raises(UsageError):
        _ = run(tmp_path / "a", tmp_path / "b").output
