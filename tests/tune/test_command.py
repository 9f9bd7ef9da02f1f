"""`dbopt tune` as it is called."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dbopt import documents
from dbopt.workload import files
from tests.index.changes import indexes
from tests.servers import Database

Command = Callable[..., tuple[int, str, str]]

TABLE = """
CREATE TABLE t AS SELECT n AS id, n % 5000 AS a, repeat('x', 100) AS pad FROM generate_series(1, 40000) AS n;
ANALYZE t;
"""
QUERY = "SELECT sum(length(pad)) FROM t WHERE a = 7"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.json").write_text(documents.dump(files.single(QUERY, ())))
    return tmp_path


@pytest.fixture
def tabled(database: Database) -> Database:
    database.session.script(TABLE)
    return database


def test_it_builds_what_helps_and_says_so(tabled: Database, folder: Path, dbopt: Command) -> None:
    code, out, err = dbopt("tune", "w.json", "-d", tabled.dsn, "--yes", "--format", "json", "--html", "r.html")
    assert code == 0, err
    done = json.loads(out)
    assert done["schema"] == "dbopt.tuned/1"
    assert [(one["index"], one["state"]) for one in done["indexes"]] == [("public.t_a_idx", "kept")]
    assert done["comparison"]["statements"][0]["verdict"] == "faster"
    assert indexes(tabled.session, "t") == {"t_a_idx": True}
    assert {path.name for path in folder.iterdir()} == {"w.json", "r.html", done["undo_file"]}
    page = (folder / "r.html").read_text()
    assert '<span class="badge faster">kept</span> <a href=#s1>#1</a> became faster' in page
    assert "Of the advice, 1 kept; new indexes take" in page
    assert dbopt("undo", done["undo_file"], "-d", tabled.dsn, "--yes")[0] == 0
    assert indexes(tabled.session, "t") == {}


def test_a_second_run_finds_nothing_more(tabled: Database, folder: Path, dbopt: Command) -> None:
    assert dbopt("tune", "w.json", "-d", tabled.dsn, "--yes")[0] == 0
    code, out, _ = dbopt("tune", "w.json", "-d", tabled.dsn, "--yes", "--format", "json")
    assert (code, json.loads(out)["indexes"]) == (0, [])


def test_a_dry_run_prints_the_sql_and_leaves_nothing(tabled: Database, folder: Path, dbopt: Command) -> None:
    code, out, _ = dbopt("tune", "w.json", "-d", tabled.dsn, "--dry-run")
    assert code == 0
    assert "CREATE INDEX CONCURRENTLY t_a_idx ON public.t USING btree (a)" in out
    assert indexes(tabled.session, "t") == {}
    assert [path.name for path in folder.iterdir()] == ["w.json"]


@pytest.mark.pg(">= 18")
def test_off_a_terminal_it_needs_a_yes(tabled: Database, folder: Path, dbopt: Command) -> None:
    code, _, err = dbopt("tune", "w.json", "-d", tabled.dsn)
    assert code == 2
    assert "--yes" in err
    assert indexes(tabled.session, "t") == {}


@pytest.mark.pg(">= 18")
def test_other_options_do_not_continue_a_run(tabled: Database, folder: Path, dbopt: Command) -> None:
    _killed_at("measured", tabled)
    code, _, err = dbopt("tune", "w.json", "-d", tabled.dsn, "--yes", "--max-columns", "1", "--state", "state.json")
    assert code == 2
    assert "did not end" in err
    assert "dbopt undo" in err


@pytest.mark.pg(">= 18")
@pytest.mark.parametrize("stage", ["measured", "advised", "applied", "judged"])
def test_killed_it_goes_on_where_it_was(tabled: Database, folder: Path, dbopt: Command, stage: str) -> None:
    _killed_at(stage, tabled)
    code, _, err = dbopt("tune", "w.json", "-d", tabled.dsn, "--yes", "--state", "state.json")
    assert code == 0, err
    assert indexes(tabled.session, "t") == {"t_a_idx": True}
    assert not (folder / "state.json").exists()


def _killed_at(stage: str, database: Database) -> None:
    """Run it, and kill it as soon as it has written that it came so far, or further."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    arguments = ("tune", "w.json", "-d", database.dsn, "--yes", "--state", "state.json")
    process = subprocess.Popen([sys.executable, "-m", "dbopt", *arguments], env=environment, stderr=subprocess.PIPE)
    reached = ["measured", "advised", "applied", "judged", "done"]
    try:
        while not _stage() or reached.index(_stage()) < reached.index(stage):
            assert process.poll() is None, process.communicate()
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    finally:
        process.kill()


def _stage() -> str:
    try:
        return str(json.loads(Path("state.json").read_text())["stage"])
    except FileNotFoundError:
        return ""


@pytest.mark.pg(">= 18")
def test_a_damaged_state_promises_nothing(tabled: Database, folder: Path, dbopt: Command) -> None:
    state = folder / "state.json"
    state.write_text('{"schema": "dbopt.tune/1"')
    code, _, err = dbopt("tune", "w.json", "-d", tabled.dsn, "--yes", "--state", str(state))
    assert code == 3
    assert "the same command goes on" not in err
    assert f"remove {state} then" in err


@pytest.mark.pg(">= 18")
def test_an_undo_file_that_cannot_be_written_may_be_another_next_time(
    tabled: Database, folder: Path, dbopt: Command
) -> None:
    command = ("tune", "w.json", "-d", tabled.dsn, "--yes", "--undo-file")
    assert dbopt(*command, str(folder / "no" / "undo.json"))[0] == 3
    assert indexes(tabled.session, "t") == {}
    code, _, err = dbopt(*command, str(folder / "undo.json"))
    assert code == 0, err
    assert indexes(tabled.session, "t") == {"t_a_idx": True}
    assert (folder / "undo.json").exists()
