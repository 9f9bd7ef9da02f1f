"""`dbopt archive plan, run, status, verify, restore` as people and cron call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dbopt.archive.policy import read
from dbopt.config import Config
from dbopt.errors import ConfigurationError
from dbopt.postgres.exclusive import exclusive, key_of
from tests.archive.archiving import EVENTS, contents, count, files, known_files
from tests.servers import Database, Server

Dbopt = Callable[..., tuple[int, str, str]]
SECTION = """
[[archive]]
name = "events"
table = "events"
control = "at"
keep_hot = "1 day"
destination = "{folder}"
batch_rows = 1000
iceberg = false
keep_archive = "{keep}"
grace = "1 second"
"""


@pytest.fixture
def events(pg18: Server, new_database: Callable[[Server, str], Database]) -> Database:
    return new_database(pg18, EVENTS)


@pytest.fixture
def archive(dbopt: Dbopt, events: Database, tmp_path: Path) -> Dbopt:
    """A command of the group, with the policy of the section."""
    config = tmp_path / "dbopt.toml"
    config.write_text(SECTION.format(folder=tmp_path / "cold", keep="100 years"))
    return lambda *arguments: dbopt("archive", *arguments, "-d", events.dsn, "--config", config)


def status(archive: Dbopt) -> dict[str, Any]:
    code, out, _ = archive("status", "--format", "json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    assert found["schema"] == "dbopt.archive/1"
    (one,) = found["policies"]
    return dict(one)


def test_a_plan_says_what_a_run_would_do_and_changes_nothing(archive: Dbopt, events: Database) -> None:
    code, out, _ = archive("plan", "--format", "json")
    assert code == 0
    (one,) = json.loads(out)["policies"]
    (unit,) = one["units"]
    assert (unit["relation"], unit["way"], unit["rows"], unit["batches"]) == ("public.events", "move", 5000, 5)
    assert any(statement.startswith("DELETE FROM ONLY public.events") for statement in unit["statements"])
    code, out, _ = archive("run", "--dry-run")
    assert code == 0
    assert "DELETE FROM ONLY public.events WHERE at < '" in out
    assert count(events.session, "events") == 5000


def test_nobody_archives_without_a_yes(archive: Dbopt, events: Database) -> None:
    code, _, err = archive("run")
    assert code == 2
    assert "look at it with --dry-run" in err
    assert count(events.session, "events") == 5000


def test_a_run_tells_of_each_batch_and_why_it_ended(archive: Dbopt, events: Database) -> None:
    code, out, err = archive("run", "--yes", "--limit", "2500", "--why-quit", "--statistics")
    assert code == 0
    assert "events: limit" in err
    assert [line.split(" events: ")[1] for line in err.splitlines() if "in all" in line][-1].startswith("500 rows")
    assert "committed" in err  # of the steps
    assert "2,500" in out
    assert count(events.session, "events") == 2500
    one = status(archive)
    assert (one["archived_rows"], one["last_run"]["state"], one["last_run"]["why_quit"]) == (2500, "stopped", "limit")
    assert one["behind"] is not None
    archive("run", "--yes")
    one = status(archive)
    assert (one["archived_rows"], one["behind"], one["last_run"]["state"]) == (5000, None, "finished")


def test_a_sentinel_and_the_run_time_end_a_run(archive: Dbopt, events: Database, tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    assert "events: sentinel" in archive("run", "--yes", "--sentinel", tmp_path / "stop", "--why-quit")[2]
    assert "events: run-time" in archive("run", "--yes", "--run-time", "0.000001ms", "--why-quit")[2]
    assert count(events.session, "events") == 5000


def test_two_runs_at_once(archive: Dbopt, events: Database) -> None:
    with events.server.connect(events.name) as other, exclusive(other, key_of("archive", "events")):
        code, _, err = archive("run", "--yes")
    assert code == 75
    assert "another dbopt archives by the policy events" in err
    assert count(events.session, "events") == 5000


def test_a_policy_that_fails_lets_the_others_run(
    dbopt: Dbopt, archive: Dbopt, events: Database, tmp_path: Path
) -> None:
    config = tmp_path / "dbopt.toml"
    broken = SECTION.format(folder=tmp_path / "x", keep="1 year").replace('"events"', '"missing"')
    config.write_text(broken + config.read_text())
    code, out, err = archive("run", "--yes")
    assert code == 3
    assert "there is no table missing" in err
    assert "5,000" in out
    assert count(events.session, "events") == 0
    assert archive("plan")[0] == 3


def test_the_ledger_knows_all_files_and_no_others(archive: Dbopt, events: Database, tmp_path: Path) -> None:
    archive("run", "--yes")
    assert files(tmp_path / "cold") == known_files(events, tmp_path / "cold")


def test_damage_is_found(archive: Dbopt, events: Database, tmp_path: Path) -> None:
    archive("run", "--yes")
    code, out, _ = archive("verify", "--format", "json")
    (one,) = json.loads(out)["policies"]
    assert (code, one["batches"], one["checked"], one["rows"], one["damaged"]) == (0, 5, 5, 5000, 0)
    broken, gone, *_ = [path for path in files(tmp_path / "cold") if path.suffix == ".parquet"]
    content = bytearray(broken.read_bytes())
    content[len(content) // 2] ^= 1
    broken.write_bytes(content)
    gone.unlink()
    code, out, _ = archive("verify")
    assert code == 1
    assert "has other bytes than were written" in out
    assert "there is no file" in out
    code, out, _ = archive("verify", "--sample", "20%", "--seed", "1", "--format", "json")
    assert json.loads(out)["policies"][0]["checked"] == 1


def test_a_range_goes_back_and_is_not_counted_twice(archive: Dbopt, events: Database) -> None:
    before = contents(events.session, "events")
    archive("run", "--yes")
    code, _, err = archive("restore", "events", "--from", "2024-02-01", "--to", "2024-03-01")
    assert code == 2
    assert "--dry-run" in err
    code, out, _ = archive("restore", "events", "--from", "2024-02-01", "--to", "2024-03-01", "--yes")
    assert code == 0
    assert f"{29 * 24:,}" in out
    assert count(events.session, "events") == 29 * 24
    assert status(archive)["archived_rows"] == 5000 - 29 * 24
    assert archive("restore", "events", "--yes")[0] == 0
    assert contents(events.session, "events") == before
    archive("run", "--yes")
    assert count(events.session, "events") == 0
    assert status(archive)["archived_rows"] == 5000


def test_a_table_that_changed_since_takes_its_rows_back(archive: Dbopt, events: Database) -> None:
    archive("run", "--yes")
    events.session.script(
        "ALTER TABLE events DROP COLUMN kind, ADD COLUMN flag text DEFAULT 'new', ALTER COLUMN amount TYPE text"
    )
    code, _, err = archive("restore", "events", "--yes")
    assert code == 0
    assert "no column kind any more" in err
    assert "no column flag" in err
    assert contents(events.session, "events")[0] == '(1,"2024-01-01 01:00:00+00",0.33,new)'


def test_rows_that_are_there_already_are_not_put_back(archive: Dbopt, events: Database) -> None:
    archive("run", "--yes")
    events.session.script("INSERT INTO events VALUES (7, now(), 'x', 1)")
    code, _, err = archive("restore", "events", "--yes")
    assert code == 3
    assert "--into" in err
    assert count(events.session, "events") == 1


def test_a_trigger_that_changes_rows_undoes_a_restore(archive: Dbopt, events: Database) -> None:
    archive("run", "--yes")
    events.session.script(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.kind := 'spoilt'; RETURN NEW; END$$;"
        "CREATE TRIGGER spoil BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION spoil()"
    )
    code, _, err = archive("restore", "events", "--yes")
    assert code == 3
    assert "took other rows than it was given" in err
    assert count(events.session, "events") == 0


def test_files_expire_in_two_phases(archive: Dbopt, events: Database, tmp_path: Path) -> None:
    archive("run", "--yes")
    assert archive("run", "--expire", "--yes")[0] == 0
    assert status(archive)["expiring"] == 0
    (tmp_path / "dbopt.toml").write_text(SECTION.format(folder=tmp_path / "cold", keep="1 year"))
    _, out, _ = archive("run", "--expire", "--dry-run")
    assert out.count("SET state = 'expiring'") == 5
    archive("run", "--expire", "--yes")
    one = status(archive)
    assert (one["expiring"], one["archived_rows"]) == (5, 0)
    assert len(files(tmp_path / "cold")) > 5
    events.session.script("SELECT pg_sleep(1.1)")  # the grace period
    _, out, _ = archive("run", "--expire", "--yes", "--format", "json")
    assert json.loads(out)["policies"][0]["expired"] == 5
    assert [path for path in files(tmp_path / "cold") if path.suffix == ".parquet"] == []


def test_nothing_expires_before_the_legal_minimum(archive: Dbopt, tmp_path: Path) -> None:
    text = SECTION.format(folder=tmp_path / "cold", keep="1 year") + 'legal_minimum = "2 years"\n'
    (tmp_path / "dbopt.toml").write_text(text)
    code, _, err = archive("run", "--expire", "--yes")
    assert code == 3
    assert "keep_archive (1 year) is less than legal_minimum (2 years)" in err


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({}, "has no table"),
        ({"colour": 1}, "there is no setting colour"),
        ({"table": "t", "control": "at", "keep_hot": "soon", "destination": "/x"}, "is not an interval"),
        ({"table": "t", "control": "at", "keep_hot": "1 day", "destination": "ftp://x"}, "is none"),
        ({"table": "t", "control": "at", "keep_hot": "1 day", "destination": "x/y"}, "is none"),
        ({"table": "a/b", "control": "at", "keep_hot": "1 day", "destination": "/x"}, "cannot be part of a path"),
        ({"table": "t", "control": "at", "keep_hot": True, "destination": "/x"}, "wrong type"),
        ({"table": "t", "control": "at", "keep_hot": 1, "destination": "/x", "method": "magic"}, "method is magic"),
        ({"table": "t", "control": "at", "keep_hot": 1, "destination": "/x", "after": ["z"]}, "names z, which is none"),
        ({"table": "t", "control": "at", "keep_hot": 1, "destination": "/x", "after": ["t"]}, "wait for one another"),
    ],
)
def test_a_section_that_cannot_be_one(section: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match="archive") as caught:
        read(Config(Path("dbopt.toml"), {"archive": [section]}))
    assert said in caught.value.message


def test_a_policy_that_is_not_there(archive: Dbopt) -> None:
    code, _, err = archive("run", "nothing", "--yes")
    assert code == 2
    assert "known: events" in err
