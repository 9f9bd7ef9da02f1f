"""What entries mean together."""

from __future__ import annotations

from itertools import accumulate, pairwise
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.logs import assemble
from dbopt.workload.logs.aggregate import Sums
from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.detect import Format, reader
from dbopt.workload.logs.follow import Follower
from dbopt.workload.logs.processes import Filter
from dbopt.workload.logs.reading import Reading
from dbopt.workload.logs.sources import found
from tests.workload.logs.reads import assembled, sums

FORM = Format("stderr", "[%p] %u@%d ")
TIMED = Format("stderr", "%m [%p] %u@%d ")
UNNAMED = Format("stderr", "%m %u@%d ")
A, B = "SELECT a FROM t WHERE x = 1", "SELECT b FROM t"


def said(*messages: str, pid: int = 1) -> bytes:
    """Entries of one process; those that start with a label follow the one before."""
    return b"".join(line(message, pid) for message in messages)


def line(message: str, pid: int = 1, at_ms: int | None = None) -> bytes:
    word, _, text = message.partition(": ")
    label, text = (word, text) if word.isupper() else ("LOG", message)
    time = ""
    if at_ms is not None:
        seconds, milliseconds = divmod(86_399_000 + at_ms, 1000)
        hours, minutes = seconds // 3600 % 24, seconds // 60 % 60
        time = f"2026-01-01 {hours:02}:{minutes:02}:{seconds % 60:02}.{milliseconds:03} UTC "
    session = f"[{pid}] u@d" if pid else "u@d"
    return f"{time}{session} {label}:  {text}\n".replace("\n", "\n\t").removesuffix("\t").encode()


def timed(*messages: tuple[int, str]) -> bytes:
    """The same, each with the milliseconds that are over: midnight passes after a second."""
    return b"".join(line(message, at_ms=at_ms) for at_ms, message in messages)


def of(text: bytes, sql: str = A, form: Format = FORM) -> Sums:
    return assembled(text, form).totals.statements.get(fingerprint(sql)) or Sums()


def test_an_execution_by_the_simple_protocol() -> None:
    one = of(said(f"duration: 1.234 ms  statement: {A}", f"duration: 2.000 ms  statement: {A.replace('1', '2')}"))
    assert (one.calls, one.timed, one.total_us) == (2, 2, 3234)
    assert one.samples.chosen == ((A.encode(), b""), (A.replace("1", "2").encode(), b""))


def test_parse_bind_and_execute_are_one_execution() -> None:
    one = of(
        said(
            f"duration: 1.000 ms  parse <unnamed>: {A}", f"duration: 0.500 ms  bind <unnamed>: {A}",
            "DETAIL: parameters: $1 = '7'", f"duration: 0.250 ms  execute <unnamed>: {A}",
            "DETAIL: parameters: $1 = '7'",
        )
    )  # fmt: skip
    assert (one.calls, one.total_us, one.samples.chosen[0][1]) == (1, 250, b"parameters: $1 = '7'")


def test_a_fetch_adds_time_and_no_execution() -> None:
    one = of(
        said(
            f"duration: 1.000 ms  execute <unnamed>/c: {A}", f"duration: 2.000 ms  execute fetch from <unnamed>/c: {A}"
        )
    )
    assert (one.calls, one.total_us) == (1, 3000)


@pytest.mark.parametrize("text", [f"statement: {A}", f"execute <unnamed>: {A}"])
def test_a_text_and_its_time_on_two_lines_are_one_execution(text: str) -> None:
    one = of(said(text, "duration: 3.000 ms"))
    assert (one.calls, one.timed, one.total_us) == (1, 1, 3000)


def test_a_text_without_a_time_is_an_execution_without_one() -> None:
    one = of(said(f"statement: {A}", f"statement: {B}", "duration: 3.000 ms"))
    assert (one.calls, one.timed) == (1, 0)


def test_time_and_text_of_other_processes_do_not_mix() -> None:
    text = (
        line(f"statement: {A}", 1)
        + line(f"statement: {B}", 2)
        + line("duration: 1.000 ms", 2)
        + line("duration: 4.000 ms")
    )
    assert (of(text, A).total_us, of(text, B).total_us) == (4000, 1000)


def test_a_failed_statement_is_an_error_and_no_execution() -> None:
    one = of(said(f"statement: {A}", "ERROR: division by zero", f"STATEMENT: {A}", "duration: 9.000 ms"))
    assert (one.calls, one.errors, one.cancelled, list(one.messages.values())) == (0, 1, 0, [(1, b"division by zero")])


def test_verbose_errors_begin_with_their_state() -> None:
    one = of(said("ERROR: 22012: division by zero", "LOCATION: int4div, int.c:846", f"STATEMENT: {A}"))
    assert one.messages == {b"22012": (1, b"division by zero")}
    assert of(said(f"00000: duration: 1.000 ms  statement: {A}")).total_us == 1000


def test_a_text_before_the_error_of_another_is_an_execution() -> None:
    text = said(f"statement: {A}", "ERROR: division by zero", f"STATEMENT: {B}")
    assert (of(text, A).calls, of(text, A).errors, of(text, B).calls, of(text, B).errors) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    "message",
    [
        "canceling statement due to statement timeout",
        "canceling statement due to user request",
        "canceling statement due to lock timeout",
        "canceling statement due to conflict with recovery",
    ],
)
def test_a_cancelled_statement_counts_apart(message: str) -> None:
    one = of(said(f"ERROR: {message}", f"STATEMENT: {A}"))
    assert (one.calls, one.errors, one.cancelled) == (0, 0, 1)


def test_a_deadlock_is_an_error_that_is_named() -> None:
    one = of(said("ERROR: deadlock detected", "DETAIL: Process 1 waits", f"STATEMENT: {A}"))
    assert (one.errors, one.deadlocks) == (1, 1)


def test_temporary_files_belong_to_their_statement() -> None:
    file = 'temporary file: path "base/pgsql_tmp/pgsql_tmp1.0", size 100'
    one = of(said(file, f"STATEMENT: {A}", file, f"duration: 1.000 ms  statement: {A}"))
    assert (one.temp_files, one.temp_bytes, one.calls) == (2, 200, 1)


def test_a_lock_wait_counts_with_its_whole_time() -> None:
    lock = "process 1 {} ShareLock on transaction 7 after {} ms"
    waits = (lock.format("still waiting for", "1000.500"), f"STATEMENT: {A}")
    one = of(said(*waits, lock.format("acquired", "1500.000"), f"STATEMENT: {A}"))
    assert (one.lock_waits, one.lock_wait_us) == (1, 1_500_000)
    assert of(said(*waits)).lock_wait_us == 1_000_500


PLAN = f"duration: 0.900 ms  plan:\nQuery Text: {A}\nSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n  Filter: (x = 1)"


def plan(sql: str, ms: float = 0.5) -> str:
    return f"duration: {ms:.3f} ms  plan:\nQuery Text: {sql}\nSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)"


def test_plans_of_what_ran_inside_an_execution_are_no_executions_though_no_context_says_so() -> None:
    """auto_explain.log_nested_statements with log_error_verbosity = terse."""
    inside = [(990 + number, plan(B)) for number in range(20)]
    text = timed(*inside, (1010, plan(A, 29)), (1010, f"duration: 30.000 ms  statement: {A}"))
    assert (of(text, A, TIMED).calls, of(text, A, TIMED).total_us) == (1, 30_000)
    assert (of(text, B, TIMED).calls, of(text, B, TIMED).plan is not None) == (0, True)


def test_nor_are_they_where_no_time_of_the_execution_is_logged() -> None:
    text = timed((1001, plan(B)), (1010, plan(B)), (1020, plan(A, 29)), (1030, plan(B)))
    assert (of(text, A, TIMED).calls, of(text, B, TIMED).calls) == (1, 1)


def test_a_plan_before_an_execution_began_is_one_of_its_own() -> None:
    """Of a statement that was too fast for log_min_duration_statement."""
    text = timed((900, plan(B, 100)), (1400, f"duration: 450.000 ms  statement: {A}"))
    assert (of(text, A, TIMED).calls, of(text, B, TIMED).calls, of(text, B, TIMED).total_us) == (1, 1, 100_000)


def test_while_a_text_waits_for_its_time_only_its_own_plan_is_its_execution() -> None:
    text = said(
        f"statement: {A}", plan(B), plan(A, 2), plan(B), f"execute x: {B}", "DETAIL: parameters: $1 = '7'", plan(B)
    )
    assert (of(text, A).calls, of(text, A).timed, of(text, A).total_us) == (1, 1, 2000)
    one = of(text, B)
    assert (one.calls, one.timed, one.samples.chosen) == (1, 1, ((B.encode(), b"parameters: $1 = '7'"),))
    text = said(f"statement: {A}", plan(B), plan(A, 2), "duration: 5.000 ms")
    assert (of(text, A).calls, of(text, A).total_us, of(text, B).calls) == (1, 5000, 0)


def test_each_statement_of_a_text_has_a_plan_and_the_text_one_execution() -> None:
    several = f"{A}; {B}"
    text = said(plan(several), plan(several), f"duration: 4.000 ms  statement: {several}")
    assert (of(text, A).calls, of(text, B).calls) == (1, 1)
    text = said(plan(several), "ERROR: division by zero", f"STATEMENT: {several}")
    assert (of(text, A).calls, of(text, A).errors, of(text, B).calls, of(text, B).errors) == (0, 1, 0, 0)


def test_the_plan_of_an_execute_is_that_of_what_was_prepared() -> None:
    text = said(
        plan(f"PREPARE p (int) AS {A}"),
        "duration: 4.000 ms  statement: EXECUTE p(7)",
        f"DETAIL: prepare: PREPARE p AS {A}",
    )
    assert (of(text).calls, of(text).plan is not None) == (1, True)


@pytest.mark.parametrize(
    ("context", "calls"),
    [
        ("unnamed portal with parameters: $1 = '7', $2 = 'a\nb'", 1),
        ('portal "c" mit Parametern: $1 = NULL', 1),
        ("SQL statement \"SELECT b FROM t WHERE a: $1 = 'x'\"\nPL/pgSQL function f() line 1 at SQL statement", 0),
        ("PL/pgSQL function f() line 1 at SQL statement\nunnamed portal with parameters: $1 = '7'", 0),
    ],
)
def test_parameters_in_a_context_do_not_make_a_plan_one_of_a_function(context: str, calls: int) -> None:
    """log_parameter_max_length_on_error puts them there."""
    assert of(said(PLAN, f"CONTEXT: {context}")).calls == calls


def test_a_temporary_file_that_was_removed_behind_its_statement() -> None:
    """The extended protocol: nothing runs when it goes, so that the log does not tell the statement."""
    file = 'temporary file: path "base/pgsql_tmp/pgsql_tmp1.0", size 100'
    text = timed(
        (100, f"duration: 50.000 ms  execute x: {A}"),
        (100, file),
        (103, f"duration: 0.500 ms  statement: {B}"),
        (110, file),
    )
    assert [of(text, sql, TIMED).temp_files for sql in (A, B)] == [1, 1]
    announced = (f"execute x: {A}", "duration: 50.000 ms", file, f"statement: {B}", file, "duration: 1.000 ms")
    assert [of(said(*announced), sql).temp_files for sql in (A, B)] == [1, 1]


def test_a_temporary_file_while_a_statement_runs_where_the_log_names_no_statements() -> None:
    file = 'temporary file: path "base/pgsql_tmp/pgsql_tmp1.0", size 100'
    text = timed(
        (100, f"duration: 50.000 ms  statement: {A}"), (130, file), (140, f"duration: 39.500 ms  statement: {B}")
    )
    assert [of(text, sql, TIMED).temp_files for sql in (A, B)] == [0, 1]


def test_a_plan_before_its_execution_is_none_of_its_own() -> None:
    one = of(said(PLAN, f"duration: 1.000 ms  statement: {A}"))
    assert (one.calls, one.total_us) == (1, 1000)
    assert one.plan is not None
    assert one.plan.text.startswith(b"Seq Scan on t")


def test_a_plan_behind_its_execution_is_none_of_its_own() -> None:
    """In the extended protocol a query ends when the next one begins."""
    one = of(said(f"duration: 1.000 ms  execute <unnamed>: {A}", f"duration: 1.000 ms  parse <unnamed>: {B}", PLAN))
    assert (one.calls, one.total_us, one.plan is not None) == (1, 1000, True)


def test_plans_alone_are_executions() -> None:
    assert (of(said(PLAN, PLAN)).calls, of(said(PLAN, PLAN)).total_us) == (2, 1800)


def test_a_plan_inside_a_function_is_no_execution() -> None:
    one = of(said(PLAN, "CONTEXT: SQL function f", f"duration: 1.000 ms  statement: {B}"))
    assert (one.calls, one.plan is not None) == (0, True)


def test_several_statements_in_one_text_share_its_time() -> None:
    text = said(f"duration: 1.001 ms  statement: {A}; {B};")
    assert (of(text, A).total_us, of(text, B).total_us) == (501, 500)


def test_execute_counts_as_what_was_prepared() -> None:
    prepared = "SELECT a FROM t WHERE x = $1"
    one = of(
        said("duration: 1.000 ms  statement: EXECUTE p(-7)", f"DETAIL: prepare: PREPARE p AS {prepared}"), prepared
    )
    assert (one.calls, one.samples.chosen[0][1]) == (1, b"parameters: $1 = '-7'")


def test_a_filter_counts_nobody_else() -> None:
    assembler = Assembler(Filter(databases=frozenset((b"d",)), users=frozenset((b"other",))))
    reader(FORM).read(said(f"duration: 1.000 ms  statement: {A}"), assembler)
    assembler.finish()
    assert (assembler.totals.executions, assembler.account.entries) == (0, 1)


# -- memory -----------------------------------------------------------------------------------------------------------

SESSIONS = 4000
LONG = f"SELECT '{'x' * 4000}', b FROM t"


def many_sessions() -> bytes:
    """Four blocks of a thousand sessions with one statement each. Two more begin with a text; the time of the first
    never comes, the second speaks in between and has its time at the end.
    """
    lines = [line(f"statement: {A}", 1), line(f"statement: {A}", 2)]
    for pid in range(10, 10 + SESSIONS):
        lines.append(line(f"statement: {LONG}", pid))
        if pid % 100 == 0:
            lines.append(line("checkpoint starting: time", 2))
    return b"".join([*lines, line("duration: 7.000 ms", 2)])


def assert_bounded(reading: Reading, held: list[int]) -> None:
    assert max(held) < 0.7 * SESSIONS
    one = reading.assembler.totals.statements[fingerprint(A)]
    assert (one.calls, one.timed, one.total_us) == (2, 1, 7000)
    assert reading.assembler.totals.executions == SESSIONS + 2


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("limit", ["MOST_PROCESSES", "MOST_BYTES"])
def test_only_the_processes_that_wrote_last_are_remembered(
    jobs: int, limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, limit, 100)
    file = tmp_path / "pg.log"
    file.write_bytes(many_sessions())
    held: list[int] = []
    with Reading(Filter(), prefix=FORM.prefix, jobs=jobs) as reading:
        reading.read(found([str(file)]), lambda _: held.append(reading.assembler.remembered))
    assert_bounded(reading, held)


def test_so_it_is_while_a_log_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble, "MOST_PROCESSES", 100)
    file = tmp_path / "pg.log"
    file.touch()
    text, held = many_sessions(), []
    with Reading(Filter(), prefix=FORM.prefix) as reading:
        follower = Follower(reading, [str(file)])
        for start in range(0, len(text), 1 << 20):
            with file.open("ab") as stream:
                stream.write(text[start : start + (1 << 20)])
            follower.poll()
            held.append(reading.assembler.remembered)
        follower.finish()
    assert_bounded(reading, held)


# -- logs that do not name processes ----------------------------------------------------------------------------------


def test_a_time_that_began_before_a_text_is_not_given_to_it() -> None:
    """Of another session, which the log does not tell apart."""
    entries = (
        (0, f"statement: {A}"),
        (1000, f"statement: {B}"),
        (1200, "duration: 1200.000 ms"),
        (1500, "duration: 499.900 ms"),
    )
    text = b"".join(line(message, pid=0, at_ms=at_ms) for at_ms, message in entries)
    assert [(one.calls, one.timed, one.total_us) for one in (of(text, A, UNNAMED), of(text, B, UNNAMED))] == [
        (1, 0, 0),
        (1, 1, 499_900),
    ]
    assert assembled(text, UNNAMED).account.unsure == 2
    assert assembled(timed(*entries), TIMED).account.unsure == 0


@pytest.mark.parametrize(
    ("prefix", "one", "other"),
    [
        ("%m %u@%d ", "al@x", "bo@x"),
        ("%m %r ", "10.0.0.7(40000)", "10.0.0.7(40001)"),
        ("%m %h %a ", "[local] psql", "[local] job"),
        ("%m %v ", "3/17", "4/17"),
        ("%m %s ", "2026-01-01 00:00:00 UTC", "2026-01-01 00:00:01 UTC"),
        ("%m %-8v|", "3/17    ", "4/17    "),
    ],
)
def test_whatever_tells_sessions_apart_keeps_their_times_apart(prefix: str, one: str, other: str) -> None:
    ending = prefix[-1] if prefix.endswith("|") else " "
    lines = [
        f"2026-01-01 00:00:00.000 UTC {client}{ending}LOG:  {message}\n"
        for client, message in (
            (one, f"statement: {A}"),
            (other, f"statement: {B}"),
            (one.replace("3/17", "3/18"), "duration: 1.000 ms"),
            (other, "duration: 2.000 ms"),
        )
    ]
    text, form = "".join(lines).encode(), Format("stderr", prefix)
    assert [of(text, sql, form).total_us for sql in (A, B)] == [1000, 2000]
    is_sure = "%v" in prefix or "%s" in prefix or "8v" in prefix
    assert assembled(text, form).account.unsure == (0 if is_sure else 2)


# -- blocks -----------------------------------------------------------------------------------------------------------

MESSAGES = st.sampled_from(
    [
        f"duration: 1.000 ms  statement: {A}",
        f"duration: 2.000 ms  execute <unnamed>: {B}",
        f"duration: 1.000 ms  execute fetch from <unnamed>/c: {A}",
        f"duration: 1.000 ms  bind <unnamed>: {A}",
        f"statement: {A}",
        f"statement: {B}",
        "duration: 5.000 ms",
        "DETAIL: parameters: $1 = '7'",
        PLAN,
        f"duration: 3.500 ms  plan:\nQuery Text: {B}\nSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)",
        f"duration: 2.000 ms  statement: {A}; {B}",
        "ERROR: division by zero",
        f"STATEMENT: {A}",
        "CONTEXT: SQL function f",
        "checkpoint starting: time",
        'temporary file: path "base/pgsql_tmp/pgsql_tmp1.0", size 100',
        "process 1 still waiting for ShareLock on transaction 7 after 1000.500 ms",
        "process 1 acquired ShareLock on transaction 7 after 1500.000 ms",
    ]
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(MESSAGES, st.integers(1, 2), st.sampled_from([0, 1, 3])), max_size=14),
    st.sets(st.integers(0, 14)),
    st.sampled_from([FORM, TIMED, UNNAMED]),
)
def test_blocks_give_what_the_whole_gives(entries: list[tuple[str, int, int]], cuts: set[int], form: Format) -> None:
    times = accumulate(passed for _, _, passed in entries)
    lines = [
        line(message, 0 if form is UNNAMED else pid, None if form is FORM else at_ms)
        for (message, pid, _), at_ms in zip(entries, times, strict=True)
    ]
    whole = assembled(b"".join(lines), form)
    together = Assembler()
    edges = sorted({0, len(lines), *(cut for cut in cuts if cut <= len(lines))})
    for start, end in pairwise(edges):
        part = Assembler(knows_beginnings=False)
        reader(form).read(b"".join(lines[start:end]), part)
        together.account.add(part.account)
        together.follow(part)
    together.finish()
    assert sums(together) == sums(whole)
    assert (together.totals.executions, together.account.kinds) == (whole.totals.executions, whole.account.kinds)
