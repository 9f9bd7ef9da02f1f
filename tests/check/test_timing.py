"""Two texts, or two databases, timed on real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dbopt.check.timing import Pair, TimedOutcome, pair_of, time_pairs
from dbopt.postgres.identifiers import SQL
from dbopt.workload.model import Statement
from tests.servers import Database, Server

LOOKUP = "SELECT * FROM t WHERE a = $1"
SUM = "SELECT sum(n::bigint * n) FROM generate_series(1, {}) AS n"


def statement(sql: str, *sets: tuple[str | None, ...]) -> Statement:
    return Statement("0" * 16, None, sql, "select", parameters=sets)


def timed(
    before: Database,
    after: Database,
    old: str,
    new: str,
    *sets: tuple[str | None, ...],
    timeout_ms: float = 60_000,
    total_ms: float | None = None,
    allow_dml: bool = False,
) -> TimedOutcome:
    pair = Pair("a", statement(old, *sets), statement(new, *sets))
    outcomes = time_pairs(
        before.session,
        after.session,
        [pair],
        max_samples=16,
        timeout_ms=timeout_ms,
        total_ms=total_ms,
        allow_dml=allow_dml,
    )
    return outcomes["a"]


@pytest.fixture
def twin(database: Database) -> Iterator[Database]:
    """A second session on the same database."""
    with database.session.another() as session:
        yield Database(database.server, database.name, session)


def test_five_times_the_work_is_slower(database: Database) -> None:
    one = timed(database, database, SUM.format(5_000), SUM.format(100_000))
    assert one.outcome == "slower"
    assert one.timed is not None
    assert one.timed.ci_low > 1.1
    assert one.timed.p < 0.01
    assert one.timed.runs >= 16
    assert one.sentence.startswith("it runs slower than before: ")
    assert (one.reason.rule, one.reason.effect) == ("timing", "regression")


def test_a_fifth_of_the_work_is_faster(database: Database) -> None:
    one = timed(database, database, SUM.format(100_000), SUM.format(5_000))
    assert (one.outcome, one.reason.effect) == ("faster", "improvement")


def test_the_same_statement_is_neither_slower_nor_faster(database: Database, twin: Database) -> None:
    one = timed(database, twin, SUM.format(20_000), SUM.format(20_000))
    assert one.outcome in ("same", "inconclusive")
    assert one.timed is not None


def test_the_same_text_on_the_same_database_is_not_run(database: Database) -> None:
    one = timed(database, database, "SELECT 1", "SELECT 1")
    assert (one.outcome, one.timed, one.reason.effect) == ("untimed", None, "note")


def test_a_schema_that_makes_it_slow_is_seen(server: Server, new_database: Callable[..., Database]) -> None:
    table = "CREATE TABLE t AS SELECT n AS a FROM generate_series(1, 100000) AS n;"
    indexed = new_database(server, f"{table} CREATE INDEX ON t (a); ANALYZE t;")
    plain = new_database(server, f"{table} ANALYZE t;")
    assert timed(indexed, plain, LOOKUP, LOOKUP, ("7",), ("8",)).outcome == "slower"


def test_every_parameter_set_counts(database: Database) -> None:
    old = "SELECT sum(n) FROM generate_series(1, 2000) AS n WHERE n <> $1::integer"
    new = "SELECT sum(n) FROM generate_series(1, CASE WHEN $1::integer = 2 THEN 200000 ELSE 2000 END) AS n"
    assert timed(database, database, old, new, ("1",), ("2",)).outcome == "slower"
    assert timed(database, database, old, new, ("1",), ("3",)).outcome != "slower"


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("CREATE TEMP TABLE t (a integer)", ""),
        ("SELECT $1::integer", "values"),
        ("SELECT nextval('s')", ""),
    ],
)
def test_what_must_not_be_run_is_not_timed(database: Database, sql: str, why: str) -> None:
    database.session.script("CREATE SEQUENCE s")
    one = timed(database, database, "SELECT 1", sql)
    assert (one.outcome, one.timed, one.reason.effect) == ("untimed", None, "note")
    assert why in one.sentence


def test_changes_are_timed_only_where_allowed_and_leave_nothing(database: Database) -> None:
    database.session.script("CREATE TABLE t AS SELECT n AS a FROM generate_series(1, 3000) AS n")
    old, new = "DELETE FROM t WHERE a < 5", "DELETE FROM t WHERE a < 2500"
    assert timed(database, database, old, new).outcome == "untimed"
    assert timed(database, database, old, new, allow_dml=True).timed is not None
    assert database.session.fetch(SQL("SELECT count(*) AS n FROM t")) == [{"n": 3000}]


def test_a_statement_that_no_longer_ends_is_slower(database: Database) -> None:
    one = timed(database, database, "SELECT 1", SUM.format(1_000_000_000), timeout_ms=2000)
    assert (one.outcome, one.timed) == ("slower", None)
    assert one.sentence.startswith("it did not end (timeout after 2 s)")


def test_a_statement_that_ends_at_last_is_faster(database: Database) -> None:
    assert timed(database, database, SUM.format(1_000_000_000), "SELECT 1", timeout_ms=2000).outcome == "faster"


def test_two_that_never_end_cannot_be_told_apart(database: Database) -> None:
    endless = SUM.format(1_000_000_000)
    assert timed(database, database, endless, f"{endless} -- too", timeout_ms=200).outcome == "inconclusive"


def test_a_statement_that_fails_now_is_a_regression(database: Database) -> None:
    one = timed(
        database,
        database,
        "SELECT 1 / n FROM generate_series(1, 9) AS n",
        "SELECT 1 / n FROM generate_series(0, 9) AS n",
    )
    assert (one.outcome, one.reason.effect) == ("failed", "regression")
    assert "division by zero" in one.sentence


def test_a_text_that_no_longer_runs_is_nothing_to_compare_with(database: Database) -> None:
    one = timed(database, database, "SELECT * FROM gone", "SELECT 1")
    assert one.outcome == "untimed"
    assert "gone" in one.sentence


def test_without_time_there_is_no_verdict(database: Database) -> None:
    assert timed(database, database, "SELECT 1", "SELECT 2", total_ms=0).outcome == "inconclusive"


def test_the_time_is_shared_out(database: Database) -> None:
    pairs = [Pair(str(n), statement(SUM.format(300_000)), statement(SUM.format(300_001))) for n in range(2)]
    outcomes = time_pairs(database.session, database.session, pairs, total_ms=1)
    assert [one.outcome for one in outcomes.values()] == ["inconclusive"] * 2


def test_progress_is_told(database: Database) -> None:
    told: list[tuple[int, int, str]] = []
    pairs = [Pair(name, statement("SELECT 1"), statement("SELECT 1")) for name in "ab"]
    time_pairs(database.session, database.session, pairs, on_progress=lambda *one: told.append(one))
    assert told == [(0, 2, "0" * 16), (1, 2, "0" * 16)]


def test_the_old_text_gets_the_values_of_the_new_one_where_it_has_the_same_parameters() -> None:
    current = statement("SELECT $1::integer + 1", ("7",))
    assert pair_of("a", "SELECT 1 + $1::integer", current).before.parameters == (("7",),)
    assert pair_of("a", "SELECT $1 + $2", current).before.parameters == ()
    assert pair_of("a", "SELECT $1", current).after == current
