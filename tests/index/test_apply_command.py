"""dbopt apply and dbopt undo, as a person or a script calls them."""

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
from psycopg import sql

from dbopt.errors import UsageError
from dbopt.index.apply import chosen, items_of
from dbopt.index.journal import default_path
from dbopt.postgres import embedded
from dbopt.postgres.session import Session
from tests.index.changes import BY_CUSTOMER, BY_STATUS, advice, advice_file, indexes
from tests.servers import Database

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_apply_and_undo(shop: Database, tmp_path: Path, dbopt: Command) -> None:
    file = advice_file(tmp_path, [BY_STATUS, BY_CUSTOMER])
    code, out, err = dbopt("apply", file, "-d", shop.dsn, "--yes", "--format", "json")
    assert code == 0, err
    result = json.loads(out)
    assert [outcome["state"] for outcome in result["outcomes"]] == ["built", "built"]
    assert f"dbopt undo {result['undo_file']}" in err
    assert Path(result["undo_file"]).match("dbopt-undo-*Z.json")
    code, out, err = dbopt("undo", result["undo_file"], "-d", shop.dsn, "--yes")
    assert code == 0, err
    assert out.count("dropped") == 2
    assert indexes(shop.session, "orders") == {}


def test_only_some_items(shop: Database, tmp_path: Path, dbopt: Command) -> None:
    shop.session.script("CREATE INDEX odd ON orders (total)")
    file = advice_file(tmp_path, [BY_STATUS, BY_CUSTOMER], ["DROP INDEX odd"])
    assert dbopt("apply", file, "-d", shop.dsn, "--yes", "--only", "2-3")[0] == 0
    assert set(indexes(shop.session, "orders")) == {"orders_by_customer"}


@pytest.mark.parametrize(
    ("only", "numbers"), [("1", [1]), ("1,3-4", [1, 3, 4]), (" 2 - 3 ", [2, 3]), (None, [1, 2, 3, 4])]
)
def test_numbers_choose_items(only: str | None, numbers: list[int]) -> None:
    items = items_of(advice([BY_STATUS, BY_CUSTOMER], ["DROP INDEX a", "DROP INDEX b"]))
    assert [item.number for item in chosen(items, only)] == numbers


@pytest.mark.parametrize("only", ["", "x", "0", "5", "1,,2", "1-", "-1"])
def test_other_numbers_are_a_usage_error(only: str) -> None:
    with pytest.raises(UsageError):
        chosen(items_of(advice([BY_STATUS])), only)


def test_a_dry_run_prints_a_script_and_changes_nothing(shop: Database, tmp_path: Path, dbopt: Command) -> None:
    shop.session.script("CREATE INDEX odd ON orders (total)")
    file = advice_file(tmp_path, [BY_STATUS], ["DROP INDEX odd"])
    code, out, _ = dbopt("apply", file, "-d", shop.dsn, "--dry-run")
    assert code == 0
    assert out == (
        f"-- 1. public.orders_by_status\n{BY_STATUS};\n-- 2. public.odd\nDROP INDEX CONCURRENTLY public.odd;\n"
    )
    assert indexes(shop.session, "orders") == {"odd": True}
    assert [path.name for path in tmp_path.iterdir()] == ["advice.json"]


def test_a_dry_run_of_undo_changes_nothing(shop: Database, tmp_path: Path, dbopt: Command) -> None:
    dbopt("apply", advice_file(tmp_path, [BY_STATUS]), "-d", shop.dsn, "--yes", "--undo-file", "u.json")
    code, out, _ = dbopt("undo", "u.json", "-d", shop.dsn, "--dry-run")
    assert (code, out) == (0, "-- 1. public.orders_by_status\nDROP INDEX CONCURRENTLY public.orders_by_status;\n")
    assert indexes(shop.session, "orders") == {"orders_by_status": True}


def test_nobody_to_ask_and_no_yes(shop: Database, tmp_path: Path, dbopt: Command) -> None:
    code, _, err = dbopt("apply", advice_file(tmp_path, [BY_STATUS]), "-d", shop.dsn)
    assert code == 2
    assert "--yes" in err
    assert indexes(shop.session, "orders") == {}


@pytest.mark.parametrize(
    "text", ["DROP TABLE customers", f"{BY_STATUS}; DROP TABLE customers", "DROP INDEX orders_pkey"]
)
def test_a_hostile_file_is_refused_as_a_whole(shop: Database, tmp_path: Path, dbopt: Command, text: str) -> None:
    code, _, err = dbopt("apply", advice_file(tmp_path, [BY_CUSTOMER, text]), "-d", shop.dsn, "--yes")
    assert code == 3
    assert "refused" in err
    assert indexes(shop.session, "orders") == {}
    assert shop.session.fetch(sql.SQL("SELECT count(*) AS n FROM customers")) == [{"n": 5000}]


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "not valid JSON"), ("{}", "schema"), ('{"schema": "dbopt.workload/1"}', "not dbopt.advice/1")],
)
def test_a_corrupt_file_is_a_clear_error(tmp_path: Path, dbopt: Command, content: str, message: str) -> None:
    (tmp_path / "bad.json").write_text(content)
    code, _, err = dbopt("apply", "bad.json", "--yes")
    assert code == 3
    assert message in err
    assert "hint:" in err


def test_no_server_is_a_clear_error(tmp_path: Path, dbopt: Command) -> None:
    code, _, err = dbopt("apply", advice_file(tmp_path, [BY_STATUS]), "-d", "host=/nowhere", "--yes")
    assert code == 3
    assert "hint:" in err
    assert not list(tmp_path.glob("dbopt-undo-*"))


def test_a_wrong_password_is_a_clear_error_that_does_not_repeat_it(tmp_path: Path, dbopt: Command) -> None:
    with embedded.start() as server, server.connect() as session:
        session.script("ALTER ROLE postgres PASSWORD 'right'")
        (server.data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        session.script("SELECT pg_reload_conf()")
        dsn = f"{server.dsn()} password=hunter2"
        while dbopt("doctor", "-d", dsn)[0] != 3:  # until the server has read its file
            time.sleep(0.05)
        for command in (("apply", advice_file(tmp_path, [BY_STATUS]), "--yes"), ("doctor",)):
            code, out, err = dbopt(*command, "-d", dsn)
            assert code == 3
            assert "password authentication failed" in err
            assert "hint:" in err
            assert "hunter2" not in out + err


def test_a_failed_item_is_exit_code_3(shop: Database, tmp_path: Path, dbopt: Command) -> None:
    file = advice_file(tmp_path, ["CREATE INDEX x ON orders (nope)", BY_STATUS])
    code, out, err = dbopt("apply", file, "-d", shop.dsn, "--yes", "-q")
    assert code == 3
    assert "failed" in out
    assert "built" in out
    assert err == ""


def test_a_format_without_a_form_is_refused_before_anything_changes(
    shop: Database, tmp_path: Path, dbopt: Command
) -> None:
    code, _, _ = dbopt("apply", advice_file(tmp_path, [BY_STATUS]), "-d", shop.dsn, "--yes", "--format", "html")
    assert code == 2
    assert indexes(shop.session, "orders") == {}


def test_an_empty_advice_is_fine(shop: Database, tmp_path: Path, dbopt: Command) -> None:
    code, _, err = dbopt("apply", advice_file(tmp_path), "-d", shop.dsn)
    assert code == 0
    assert "nothing to do" in err


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_run_that_was_ended_leaves_what_the_next_one_finishes(
    shop: Database, tmp_path: Path, dbopt: Command, sent: signal.Signals
) -> None:
    file = advice_file(tmp_path, [BY_STATUS])
    arguments = ("apply", file, "-d", shop.dsn, "--yes", "--undo-file", "u.json")
    with shop.session.another() as other:
        other.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM customers")
        code = _ended_while_it_waits(shop.session, arguments, sent)
    assert code == (-signal.SIGKILL if sent is signal.SIGKILL else 130)
    assert [step["state"] for step in json.loads((tmp_path / "u.json").read_text())["steps"]] == ["started"]
    if sent is not signal.SIGKILL:
        assert indexes(shop.session, "orders") == {}
    code, out, err = dbopt(*arguments)
    assert code == 0, err
    assert "built" in out or "exists already" in out
    assert indexes(shop.session, "orders") == {"orders_by_status": True}
    assert dbopt("undo", "u.json", "-d", shop.dsn, "--yes")[0] == 0
    assert indexes(shop.session, "orders") == {}


def _ended_while_it_waits(session: Session, arguments: tuple[str, ...], sent: signal.Signals) -> int:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen([sys.executable, "-m", "dbopt", *arguments], env=environment, stderr=subprocess.PIPE)
    try:
        while not session.fetch(
            sql.SQL("SELECT pid FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'")
        ):
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        process.send_signal(sent)
        process.communicate()
    finally:
        process.kill()
    return process.returncode


def test_the_default_name_has_the_time_in_it() -> None:
    from datetime import UTC, datetime

    assert default_path(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == Path("dbopt-undo-20260102T030405Z.json")
