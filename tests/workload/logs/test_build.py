"""The parameter sets that a workload gets from a log."""

from __future__ import annotations

from collections.abc import Iterable

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.logs.aggregate import Totals
from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.build import Limits, workload
from dbopt.workload.logs.detect import Format, reader
from dbopt.workload.model import Statement

FORM = Format("stderr", "%m [%p] ")
SQL = "SELECT a FROM t WHERE b = $1"


def executed(number: int, time_us: int, text: str, detail: str = "") -> str:
    start = f"2026-01-01 00:{number // 60 % 60:02}:{number % 60:02}.000 UTC [7] "
    lines = f"{start}LOG:  duration: {time_us // 1000}.{time_us % 1000:03} ms  execute x: {text}\n"
    return lines + (f"{start}DETAIL:  Parameters: {detail}\n" if detail else "")


def captured(log: Iterable[str], parameters: int = 5) -> Statement:
    assembler = Assembler(totals=Totals(parameters))
    reader(FORM).read("".join(log).encode(), assembler)
    assembler.finish()
    [one] = workload(assembler.totals, [assembler.account], Limits(parameters=parameters)).workload.statements
    assert one.id == fingerprint(one.sql)
    return one


def test_as_many_distinct_sets_as_wanted_and_the_slowest_last() -> None:
    log = [executed(number, 1000 + (number == 40), SQL, f"$1 = '{number % 50}'") for number in range(200)]
    for wanted in (1, 2, 8, 50, 99):
        sets = captured(log, wanted).parameters
        assert len(set(sets)) == len(sets) == min(wanted, 50)
        assert sets[-1] == ("40",)
    assert captured(log, 0).parameters == ()


def test_frequent_values_are_likelier_than_slow_ones() -> None:
    """One value half the time, and a thousand others that are all slower."""
    kept = 0
    for start in range(0, 100_000, 1000):
        log = [
            executed(number, 10, SQL, "$1 = 'common'")
            if number % 2
            else executed(number, 100 + number % 100, SQL, f"$1 = '{number}'")
            for number in range(start, start + 200)
        ]
        kept += ("common",) in captured(log).parameters
    assert kept > 80  # of 100; 1 - 0.5^4 are expected


def test_values_are_distinct_though_texts_differ_in_comments() -> None:
    log = [executed(number, 10, f"{SQL} /* trace {number} */", f"$1 = '{number % 2}'") for number in range(4)]
    assert sorted(captured(log).parameters) == [("0",), ("1",)]


def test_values_of_lists_fit_the_text() -> None:
    texts = ["SELECT a FROM t WHERE b IN (1, 2)", "SELECT a FROM t WHERE b IN (3, 4, 5)"]
    one = captured([executed(number, 10 + number, texts[number % 2]) for number in range(4)])
    assert (one.calls, one.parameters) == (4, (("3", "4", "5"),))


def test_what_the_log_cut_off_is_not_used() -> None:
    log = [executed(1, 10, SQL, "$1 = 'whole'"), executed(2, 99_000, SQL, "$1 = 'begin...'")]
    one = captured(log)
    assert one.log is not None
    assert (one.parameters, one.log.max_ms, one.log.truncated_parameters) == ((("whole",),), 99.0, 1)
    one = captured(log[1:])
    assert (one.sql, one.calls, one.parameters) == (SQL, 1, ())


def test_values_of_executions_without_a_time() -> None:
    start = "2026-01-01 00:00:00.000 UTC [7] "
    log = [f"{start}LOG:  execute x: {SQL}\n{start}DETAIL:  Parameters: $1 = '{number}'\n" for number in range(3)]
    one = captured(log)
    assert one.log is not None
    assert (one.calls, one.mean_ms, one.log.untimed_calls, one.log.max_ms) == (3, None, 3, None)
    assert sorted(one.parameters) == [("0",), ("1",), ("2",)]
