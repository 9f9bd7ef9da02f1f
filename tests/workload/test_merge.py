"""Workloads of several sources as one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbopt import documents
from dbopt.workload.counted import with_statements
from dbopt.workload.files import single
from dbopt.workload.merge import merge
from dbopt.workload.model import Logged, LoggedError, LoggedPlan, LogSummary, Source, Statement, Wait, Workload
from tests.servers import Database
from tests.workload import mixed_types

Dbopt = Callable[..., tuple[int, str, str]]


def statement(sql: str, calls: int | None = None, total_ms: float | None = None, **others: object) -> Statement:
    mean = total_ms / calls if calls and total_ms is not None else None
    return replace(single(sql).statements[0], calls=calls, total_ms=total_ms, mean_ms=mean, **others)  # type: ignore[arg-type]


def workload(kind: str, *statements: Statement, database: str | None = "shop") -> Workload:
    return Workload(Source(kind, "18.1", database, "2026-01-01T00:00:00+00:00"), statements)


def test_numbers_from_pg_stat_statements_and_values_from_the_log() -> None:
    counted = statement("SELECT * FROM t WHERE a = $1 AND b = $2", 100, 1000.0, rows=7)
    logged = statement(
        "SELECT * FROM t WHERE a = $1 AND b = 5", 10, 900.0, parameters=(("x",), (None,)), parameters_from="captured"
    )
    merged = merge([workload("logs", logged), workload("pg_stat_statements", counted)])
    [one] = merged.statements
    assert (one.calls, one.total_ms, one.mean_ms, one.rows) == (100, 1000.0, 10.0, 7)
    assert (one.sql, one.parameters, one.parameters_from) == (logged.sql, (("x",), (None,)), "captured")
    assert one.numbers_from == "pg_stat_statements"
    assert (merged.source.kind, merged.source.merged_from) == ("merged", ("pg_stat_statements", "logs"))
    assert (merged.source.database, merged.source.server_version) == ("shop", "18.1")


def test_real_values_go_before_those_of_statistics() -> None:
    made = statement("SELECT 1 FROM t WHERE a = $1", 9, 9.0, parameters=(("common",),), parameters_from="statistics")
    seen = statement("SELECT 1 FROM t WHERE a = $1", 1, 1.0, parameters=(("rare",),), parameters_from="captured")
    [one] = merge([workload("pg_stat_statements", made), workload("logs", seen)]).statements
    assert (one.parameters, one.parameters_from) == ((("rare",),), "captured")


def test_a_text_that_can_be_sent_goes_before_one_with_too_many_parameters() -> None:
    numbers = range(1, 65_537)
    counted = statement(f"SELECT * FROM t WHERE a IN ({', '.join(f'${n}' for n in numbers)})", 9, 9.0)
    logged = statement(f"SELECT * FROM t WHERE a IN ({', '.join(map(str, numbers))})", 1, 1.0)
    [one] = merge([workload("pg_stat_statements", counted), workload("logs", logged)]).statements
    assert (one.calls, one.sql, one.parameters) == (9, logged.sql, ())


def test_literals_become_values_of_the_text_with_parameters() -> None:
    counted = statement("SELECT * FROM t WHERE a = $1 AND b IN ($2)", 9, 9.0)
    logged = statement("SELECT * FROM t WHERE a = 'it''s' AND b IN (5)", 1, 1.0)
    [one] = merge([workload("pg_stat_statements", counted), workload("logs", logged)]).statements
    assert (one.sql, one.parameters) == (counted.sql, (("it's", "5"),))


def test_statements_of_one_source_are_kept_and_the_dearest_come_first() -> None:
    cheap, dear = statement("SELECT a FROM t", 1, 1.0), statement("SELECT b FROM t", 1, 5.0)
    unknown = statement("SELECT c FROM t")
    merged = merge([workload("logs", cheap), workload("pg_stat_statements", dear), workload("sql", unknown)])
    assert [one.sql for one in merged.statements] == [dear.sql, cheap.sql, unknown.sql]
    assert [one.numbers_from for one in merged.statements] == ["pg_stat_statements", "logs", None]


def test_what_only_one_source_knows_is_kept() -> None:
    counted = statement("SELECT a FROM t", 9, 9.0)
    watched = statement("SELECT a FROM t", 8, 800.0, waits=(Wait("CPU", 1.0),), samples=8)
    named = replace(statement("SELECT a FROM t"), name="get_a", location="q.sql:3")
    [one] = merge(
        [workload("activity", watched), workload("sql", named), workload("pg_stat_statements", counted)]
    ).statements
    assert (one.calls, one.samples, one.waits, one.name, one.location) == (
        9, 8, (Wait("CPU", 1.0),), "get_a", "q.sql:3",
    )  # fmt: skip


def test_a_truncated_text_gives_way() -> None:
    cut = replace(statement("SELECT a FROM t", 1, 1.0), truncated=True, sql="SELECT a FR")
    [one] = merge(
        [workload("pg_stat_statements", cut), workload("logs", statement("SELECT a FROM t", 5, 5.0))]
    ).statements
    assert (one.sql, one.truncated, one.calls) == ("SELECT a FROM t", False, 1)


def test_two_of_the_same_kind_are_added_up() -> None:
    monday = statement("SELECT a FROM t WHERE a = $1", 2, 2.0, rows=2, parameters=(("1",),), parameters_from="captured")
    tuesday = statement("SELECT a FROM t WHERE a = $1", 3, 8.0, parameters=(("2",),), parameters_from="captured")
    [one] = merge([workload("logs", monday), workload("logs", tuesday, database="other")]).statements
    assert (one.calls, one.total_ms, one.mean_ms, one.rows) == (5, 10.0, 2.0, 2)
    assert set(one.parameters) == {("1",), ("2",)}


def test_samples_of_two_times_are_added_up() -> None:
    early = statement(
        "SELECT a FROM t", 4, 400.0, samples=4, executions=3, missed=1, error_ms=30.0, waits=(Wait("CPU", 1.0),)
    )
    late = statement(
        "SELECT a FROM t", 2, 1200.0, samples=12, executions=2, missed=0, error_ms=40.0, waits=(Wait("IO:x", 1.0),)
    )
    [one] = merge([workload("activity", early), workload("activity", late)]).statements
    assert (one.calls, one.samples, one.executions, one.missed, one.error_ms) == (6, 16, 5, 1, 50.0)
    assert one.waits == (Wait("IO:x", 0.75), Wait("CPU", 0.25))


SUMMARY = LogSummary(
    files=1,
    bytes=100,
    lines=9,
    recognised_bytes=60,
    continued_bytes=30,
    skipped_bytes=10,
    entries=8,
    entries_by_kind={"execution": 5, "error": 1},
    executions=5,
    errors_without_statement=1,
    first="2026-01-02 00:00:00.000 UTC",
    last="2026-01-02 23:59:59.999 UTC",
)


def test_how_logs_were_read_is_added_up() -> None:
    earlier = replace(
        SUMMARY, first="2026-01-01 08:00:00 UTC", last="2026-01-01 09:00:00 UTC", entries_by_kind={"execution": 2}
    )
    nothing = replace(SUMMARY, first=None, last=None)
    logs = [
        replace(workload("logs", statement("SELECT a FROM t", 1, 1.0)), log=one) for one in (SUMMARY, earlier, nothing)
    ]
    log = merge([*logs, workload("activity")]).log
    assert log is not None
    assert (log.files, log.bytes, log.recognised_bytes, log.continued_bytes, log.skipped_bytes) == (3, 300, 180, 90, 30)
    assert (log.lines, log.entries, log.executions, log.errors_without_statement) == (27, 24, 15, 3)
    assert log.entries_by_kind == {"error": 2, "execution": 12}
    assert (log.first, log.last) == (earlier.first, SUMMARY.last)
    assert merge([workload("activity")]).log is None


def test_times_of_syslog_stay_in_the_order_of_the_logs() -> None:
    logs = [
        replace(workload("logs"), log=replace(SUMMARY, first=first, last=last))
        for first, last in (("Nov 30 08:00:00", "Nov 30 23:00:00"), ("Dec  1 08:00:00", "Dec  1 23:00:00"))
    ]
    log = merge(logs).log
    assert log is not None
    assert (log.first, log.last) == ("Nov 30 08:00:00", "Dec  1 23:00:00")


def test_what_logs_tell_of_a_statement_is_added_up() -> None:
    division = LoggedError("22012", 2, "division by zero")
    monday = Logged(
        untimed_calls=1, max_ms=5.0, errors=3, cancelled=1, deadlocks=1, temp_files=2, temp_bytes=10, lock_waits=1,
        lock_wait_ms=2.5, truncated_parameters=4, errors_by_state=(division, LoggedError("40P01", 1, None)),
        plan=LoggedPlan(5.0, "text", "slow"),
    )  # fmt: skip
    tuesday = Logged(max_ms=7.0, errors=1, errors_by_state=(LoggedError("40P01", 1, "deadlock detected"),))
    wednesday = Logged(plan=LoggedPlan(1.0, "text", "fast"))
    days = (monday, tuesday, wednesday)
    [one] = merge([workload("logs", statement("SELECT a FROM t", 3, 6.0, log=log)) for log in days]).statements
    assert (one.calls, one.total_ms, one.mean_ms) == (9, 18.0, 18.0 / 8)
    assert one.log == replace(
        monday, max_ms=7.0, errors=4, errors_by_state=(division, LoggedError("40P01", 2, "deadlock detected"))
    )


def test_what_only_failed_is_kept_apart_until_it_ran_somewhere() -> None:
    def failed(*statements: Statement) -> Workload:
        return replace(workload("logs"), failed=statements)

    wrong = statement("SELECT 1 / a FROM t", 0, log=Logged(errors=2))
    typo = statement("SELECT b FROM tt", 0, log=Logged(errors=1))
    often = statement("SELECT c FROM tt", 0, log=Logged(errors=9))
    merged = merge([failed(wrong, typo), failed(wrong, often)])
    assert merged.statements == ()
    assert [(one.sql, one.log.errors if one.log else 0) for one in merged.failed] == [
        (often.sql, 9), (wrong.sql, 4), (typo.sql, 1),
    ]  # fmt: skip
    counted = workload("pg_stat_statements", statement("SELECT 1 / a FROM t", 7, 7.0))
    watched = workload("activity", statement("SELECT b FROM tt", 5, 5.0))
    merged = merge([failed(wrong, typo), counted, watched, failed(often)])
    assert [(one.sql, one.calls, one.log) for one in merged.statements] == [
        (wrong.sql, 7, Logged(errors=2)), (typo.sql, 5, Logged(errors=1)),
    ]  # fmt: skip
    assert [one.id for one in merged.failed] == [often.id]


def test_merged_workloads_merge_again() -> None:
    log = replace(
        workload("logs", statement("SELECT a FROM t", 2, 2.0, log=Logged(errors=1))),
        log=SUMMARY,
        failed=(statement("SELECT b FROM t", 0, log=Logged(cancelled=1)),),
    )
    counted = workload("pg_stat_statements", statement("SELECT a FROM t", 9, 9.0))
    days = [merge([log, counted]), merge([log, counted])]
    twice = merge(days)
    [one], [never] = twice.statements, twice.failed
    assert (one.calls, one.numbers_from, one.log) == (18, "pg_stat_statements", Logged(errors=2))
    assert never.log == Logged(cancelled=2)
    assert twice.log is not None
    assert twice.log.files == 2


def test_values_fit_the_text_that_is_kept() -> None:
    two = statement("SELECT 1 FROM t WHERE a IN ($1, $2)", 1, 1.0, parameters=(("1", "2"),), parameters_from="captured")
    three = statement(
        "SELECT 1 FROM t WHERE a IN ($1, $2, $3)", 1, 2.0, parameters=(("1", "2", "3"),), parameters_from="captured"
    )
    [one] = merge([workload("logs", two), workload("logs", three)]).statements
    assert all(len(values) == one.sql.count("$") for values in one.parameters)


def test_values_fit_though_comments_differ() -> None:
    sql = "SELECT 1 FROM t WHERE a = $1"
    days = [
        workload("logs", statement(text, 1, 1.0, parameters=((value,),), parameters_from="captured"))
        for text, value in ((f"{sql} /* request 1 */", "1"), (sql.lower(), "2"))
    ]
    assert set(merge(days).statements[0].parameters) == {("1",), ("2",)}


def test_only_as_many_values_as_wanted() -> None:
    sets = tuple((str(number),) for number in range(9))
    many = statement("SELECT 1 FROM t WHERE a = $1", 1, 1.0, parameters=sets, parameters_from="captured")
    assert len(merge([workload("logs", many)], 3).statements[0].parameters) == 3


KINDS = st.sampled_from(["pg_stat_statements", "logs", "activity", "export", "sql"])
STATEMENTS = st.builds(
    statement,
    st.sampled_from(["SELECT a FROM t WHERE a = 1", "SELECT a FROM t WHERE a = $1", "SELECT b FROM t"]),
    st.integers(1, 9),
    st.sampled_from([1.0, 2.0]),
)


@settings(deadline=None)
@given(
    st.lists(
        st.builds(lambda kind, some: workload(kind, *some), KINDS, st.lists(STATEMENTS, max_size=3)),
        min_size=1,
        max_size=4,
    )
)
def test_nothing_is_lost_and_nothing_comes_twice(some: list[Workload]) -> None:
    merged = merge(some)
    ids = [one.id for one in merged.statements]
    assert sorted(ids) == sorted({one.id for each in some for one in each.statements})
    assert documents.dump(documents.load(Workload, documents.dump(merged))) == documents.dump(merged)
    for one in merged.statements:
        assert all(len(values) == one.sql.count("$") for values in one.parameters)


# -- on a server ------------------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(server: object, new_database: Callable[..., Database]) -> Database:
    return new_database(server, f"CREATE EXTENSION pg_stat_statements; {mixed_types.SCHEMA}")


def test_a_log_meets_pg_stat_statements(mixed: Database) -> None:
    mixed.session.fetch_workload("SELECT pg_stat_statements_reset()")
    with psycopg.connect(mixed.dsn, autocommit=True) as connection:
        sent = [one.sql for one in mixed_types.play(connection, rounds=2)]
    logged = {one.id: one for one in (statement(text, 1, 1.0) for text in dict.fromkeys(sent)) if one.tables}
    captured = with_statements(mixed.session, workload("logs", *logged.values()))
    merged = {one.id: one for one in captured.workload.statements}
    assert [merged[id_].sql for id_ in logged if merged[id_].numbers_from != "pg_stat_statements"] == []
    assert sum(merged[id_].calls or 0 for id_ in logged) == sum(statement(text).id in logged for text in sent)
    assert f"merged: {len(logged)} statements" in captured.notes[-1]


def test_without_pg_stat_statements_it_is_said(database: Database) -> None:
    logged = workload("logs", statement("SELECT a FROM t", 1, 1.0))
    captured = with_statements(database.session, logged)
    assert captured.workload == logged
    assert "those of the logs alone" in captured.notes[0]
    assert "CREATE EXTENSION pg_stat_statements" in captured.notes[0]


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command(dbopt: Dbopt, tmp_path: Path) -> None:
    one, other, both = (tmp_path / name for name in ("a.json", "b.json", "w.json"))
    one.write_text(documents.dump(workload("pg_stat_statements", statement("SELECT a FROM t", 9, 9.0))), "utf-8")
    other.write_text(documents.dump(workload("logs", statement("SELECT b FROM t", 1, 1.0))), "utf-8")
    assert dbopt("capture", "merge", one, other, "-o", both)[0] == 0
    document = json.loads(both.read_text("utf-8"))
    assert document["source"]["merged_from"] == ["pg_stat_statements", "logs"]
    assert [found["numbers_from"] for found in document["statements"]] == ["pg_stat_statements", "logs"]
    assert dbopt("capture", "merge", both, "-o", both)[0] == 2
    assert dbopt("capture", "merge", tmp_path / "none.json")[0] == 3
    assert dbopt("capture", "merge")[0] == 2
