"""Bad input, command by command: one error, one hint, the right exit code, and the rest of the workload still done."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dbopt.postgres import embedded
from dbopt.postgres.session import connect
from tests.files import written
from tests.servers import Database
from tests.timing.test_commands import timings

Run = Callable[..., tuple[int, str, str]]

GOOD = "SELECT * FROM orders WHERE customer_id = 42"
ODD = 'SELECT * FROM "we""ird; Täble" WHERE "Näme" = \'name 7\''

# A place for the server's address is left as DSN, one for the workload as FILE.
CONNECTING = {
    "doctor": ["doctor", "-d", "DSN"],
    "capture": ["capture", "statements", "-d", "DSN"],
    "explain": ["explain", "FILE", "-d", "DSN"],
    "measure": ["measure", "FILE", "--runs", "1", "-d", "DSN"],
    "snapshot": ["snapshot", "-o", "shop.dbsnap", "-d", "DSN"],
    "suggest": ["suggest", "FILE", "-d", "DSN"],
}
WITH_FILE = {
    "explain": ["explain", "FILE", "-d", "DSN"],
    "measure": ["measure", "FILE", "-d", "DSN"],
    "suggest": ["suggest", "FILE", "-d", "DSN"],
    "apply": ["apply", "FILE", "--yes", "-d", "DSN"],
    "undo": ["undo", "FILE", "--yes", "-d", "DSN"],
    "compare": ["compare", "FILE", "FILE"],
}
OF_A_WORKLOAD = ["explain", "measure", "suggest"]
# What makes a statement unusable, and a part of what is said of it.
UNUSABLE = {
    "syntax error": ("SELEC * FROM orders", "syntax error"),
    "unknown table": ("SELECT * FROM no_such_table", "no_such_table"),
    "unknown column": ("SELECT no_such_column FROM orders", "no_such_column"),
    "two statements": ("SELECT 1; DROP TABLE orders", "multiple commands"),
}


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def filled(line: list[str], dsn: str = "host=/nowhere", file: str = "nowhere.json") -> list[str]:
    return [{"DSN": dsn, "FILE": file}.get(word, word) for word in line]


def is_one_clear_error(err: str) -> bool:
    lines = [line for line in err.splitlines() if line]
    return len(lines) == 2 and lines[0].startswith("dbopt: error: ") and lines[1].startswith("hint: ")


@pytest.mark.parametrize("line", CONNECTING.values(), ids=CONNECTING)
def test_no_server(dbopt: Run, tmp_path: Path, line: list[str]) -> None:
    code, out, err = dbopt(*filled(line, file=written(tmp_path, GOOD)), "-q")
    assert (code, out) == (3, "")
    assert is_one_clear_error(err)


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """The address of a server that wants a password, with a wrong one."""
    with embedded.start() as server:
        with server.connect() as session:
            session.script("ALTER ROLE postgres PASSWORD 'right'")
            (server.data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
            session.script("SELECT pg_reload_conf()")
            session.script("SELECT pg_sleep(0.5)")
        connect(f"{server.dsn()} password=right").close()
        yield f"{server.dsn()} password=hunter2"


@pytest.mark.parametrize("line", CONNECTING.values(), ids=CONNECTING)
def test_a_wrong_password(dbopt: Run, tmp_path: Path, guarded: str, line: list[str]) -> None:
    code, out, err = dbopt(*filled(line, guarded, written(tmp_path, GOOD)), "-q")
    assert (code, out) == (3, "")
    assert is_one_clear_error(err)
    assert "password authentication failed" in err
    assert "hunter2" not in err


def test_missing_pg_stat_statements(dbopt: Run, database: Database) -> None:
    code, out, err = dbopt("capture", "statements", "-d", database.dsn)
    assert (code, out) == (3, "")
    assert is_one_clear_error(err)
    assert "hint: CREATE EXTENSION pg_stat_statements" in err


def test_missing_hypopg(dbopt: Run, shop: Database, tmp_path: Path) -> None:
    code, out, err = dbopt("suggest", written(tmp_path, GOOD), "--what-if", "hypopg", "-d", shop.dsn)
    assert (code, out) == (3, "")
    assert is_one_clear_error(err)
    assert "hypopg" in err


@pytest.fixture
def powerless(shop: Database) -> Iterator[str]:
    """The shop's address for a role that may connect and nothing else."""
    shop.session.script("CREATE ROLE powerless LOGIN")
    yield f"{shop.dsn.replace('user=postgres', 'user=powerless')}"
    shop.session.script("DROP ROLE powerless")


@pytest.mark.parametrize("name", ["explain", "measure", "snapshot", "suggest"])
def test_a_missing_privilege(dbopt: Run, powerless: str, tmp_path: Path, name: str) -> None:
    code, out, err = dbopt(*filled(CONNECTING[name], powerless, written(tmp_path, GOOD)), "-q")
    assert (code, out) == (3, "")
    assert is_one_clear_error(err)
    assert "permission denied" in err or "GRANT pg_read_all_data" in err


@pytest.mark.parametrize("name", OF_A_WORKLOAD)
def test_an_empty_workload(dbopt: Run, tmp_path: Path, name: str) -> None:
    code, out, err = dbopt(*filled(WITH_FILE[name], file=written(tmp_path)))
    assert (code, out) == (3, "")
    assert is_one_clear_error(err)


@pytest.mark.parametrize("line", WITH_FILE.values(), ids=WITH_FILE)
@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": "x"}', "\x00\x01", "[" * 100_000])
def test_a_corrupt_file(dbopt: Run, tmp_path: Path, line: list[str], content: str) -> None:
    (tmp_path / "corrupt.json").write_text(content)
    code, out, err = dbopt(*filled(line, file="corrupt.json"))
    assert (code, out) == (3, "")
    assert is_one_clear_error(err)


@pytest.mark.parametrize("line", WITH_FILE.values(), ids=WITH_FILE)
def test_a_missing_file(dbopt: Run, line: list[str]) -> None:
    code, out, err = dbopt(*filled(line))
    assert (code, out) == (3, "")
    assert "there is no file nowhere.json" in err


@pytest.mark.parametrize("unusable", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("name", OF_A_WORKLOAD)
def test_an_unusable_statement_does_not_stop_the_rest(
    dbopt: Run, shop: Database, tmp_path: Path, name: str, unusable: tuple[str, str]
) -> None:
    sql, message = unusable
    line = filled(WITH_FILE[name], shop.dsn, written(tmp_path, sql, GOOD))
    code, out, err = dbopt(*line, "--format", "json")
    assert (code, "Traceback" in err) == (0, False)
    document = json.loads(out)
    refused = document["not_advised"] if name == "suggest" else document["statements"]
    assert message in (refused[0].get("reason") or refused[0].get("error"))
    done = document["create"] if name == "suggest" else [one for one in document["statements"] if not one["error"]]
    assert len(done) == 1
    assert shop.session.fetch_workload("SELECT count(*) AS n FROM orders") == [{"n": 50000}]


@pytest.mark.parametrize("name", OF_A_WORKLOAD)
def test_names_that_need_quotes(dbopt: Run, shop: Database, tmp_path: Path, name: str) -> None:
    line = filled(WITH_FILE[name], shop.dsn, written(tmp_path, ODD))
    code, out, _ = dbopt(*line, "--format", "json")
    document = json.loads(out)
    assert code == 0
    if name == "suggest":
        assert '"we""ird; Täble" USING btree ("Näme")' in document["create"][0]["sql"]
    else:
        assert document["statements"][0]["error"] is None


def test_a_comparison_of_other_statements_says_so(dbopt: Run, tmp_path: Path) -> None:
    one, other = timings(tmp_path / "a.json", a=[1.0, 2.0]), timings(tmp_path / "b.json", b=[1.0, 2.0])
    code, out, _ = dbopt("compare", one, other)
    assert code == 4
    assert "nothing was measured on both sides" in out
