"""Workloads from what clouds and monitoring tools export."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbopt.errors import CorruptDocument, DboptError
from dbopt.workload.captured import Captured
from dbopt.workload.export_columns import recognised
from dbopt.workload.exports import capture
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.model import Statement
from tests.servers import Database

Dbopt = Callable[..., tuple[int, str, str]]

PG_STAT_STATEMENTS = '''userid,dbid,queryid,query,plans,calls,total_exec_time,min_exec_time,mean_exec_time,rows
10,5,1,"SELECT * FROM orders
WHERE id = $1 AND note = ""x, y""",0,4,8.5,1,2.125,4
11,5,1,"SELECT * FROM orders WHERE id = $1 AND note = ""x, y""",0,6,1.5,0.1,0.25,6
10,5,2,BEGIN,0,100,1,0,0,0
10,5,3,<insufficient privilege>,0,100,1,0,0,0
10,5,4,SELECT count(*) FROM items,0,1,90,90,90,1
'''
PGHERO = """id,database,user,query,query_hash,total_time,calls,captured_at
1,primary,app,SELECT a FROM t WHERE b = $1,77,120.5,10,2024-01-01 00:05:00
2,primary,app,SELECT a FROM t WHERE b = $1,77,79.5,10,2024-01-01 00:10:00
"""
AZURE = """runtime_stats_entry_id;user_id;db_id;query_id;query_sql_text;start_time;calls;total_time;mean_time;rows
1;10;5;-9;select a from t where b = $1;2024-01-01;10;100,5;10,05;20
2;10;5;-9;select a from t where b = $1;2024-01-02;10;99,5;9,95;20
"""
GOOGLE = """Query,Load by total time (%),Avg execution time (ms),Times called,Avg rows returned,Database
SELECT a FROM t WHERE b = $1,93.1,"1,234.5","2,000",3.5,shop
"""
PGANALYZE = json.dumps({"data": {"getQueryStats": [
    {"normalizedQuery": "SELECT a FROM t WHERE b = $1", "totalCalls": 20, "avgTime": 10.0, "pctOfTotal": 5.0}
]}})  # fmt: skip
JSON_LINES = '{"query": "SELECT a FROM t WHERE b = $1", "calls": 20, "total_time_us": 200000}\n' * 2
RDS = json.dumps({
    "AlignedStartTime": 1_700_000_000.0,
    "AlignedEndTime": 1_700_000_100.0,
    "Keys": [
        {
            "Dimensions": {
                "db.sql_tokenized.id": "A1",
                "db.sql_tokenized.statement": "SELECT a FROM t WHERE b = ? AND c = ?",
            },
            "Total": 0.25,
            "AdditionalMetrics": {
                "db.sql_tokenized.stats.calls_per_sec.avg": 5.0,
                "db.sql_tokenized.stats.rows_per_sec.avg": 10.0,
            },
        },
        {"Dimensions": {"db.sql_tokenized.statement": "SELECT " + "a, " * 200}, "Total": 0.01},
    ],
})  # fmt: skip


@pytest.fixture
def captured(tmp_path: Path) -> Callable[[str], Captured]:
    def capture_text(text: str) -> Captured:
        file = tmp_path / "export.txt"
        file.write_text(text, "utf-8")
        return capture(str(file))

    return capture_text


def numbers(one: Statement) -> tuple[object, ...]:
    return one.calls, one.total_ms, one.mean_ms, one.rows


def test_pg_stat_statements_as_csv(captured: Callable[[str], Captured]) -> None:
    found = captured(PG_STAT_STATEMENTS)
    items, orders = found.workload.statements
    assert numbers(items) == (1, 90.0, 90.0, 1)
    assert numbers(orders) == (10, 10.0, 1.0, 10)
    assert orders.id == fingerprint('SELECT * FROM orders WHERE id = 5 AND note = "x, y"')
    assert found.notes == ("left out: 1 x text not readable", "left out: 1 x utility command")
    assert found.workload.source.kind == "export"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PGHERO, (20, 200.0, 10.0, None)),
        (AZURE, (20, 200.0, 10.0, 40)),
        (GOOGLE, (2000, 2_469_000.0, 1234.5, 7000)),
        (PGANALYZE, (20, 200.0, 10.0, None)),
        (JSON_LINES, (40, 400.0, 10.0, None)),
        (
            "\ufeffSQL Text\tExecutions\tTotal Elapsed Time (s)\nSELECT a FROM t WHERE b = $1\t20\t0.2\n",
            (20, 200.0, 10.0, None),
        ),
        ("query,mean_exec_time\nSELECT a FROM t WHERE b = $1,10 ms\n", (None, None, 10.0, None)),
        ("query|calls|total_time\r\nSELECT a FROM t WHERE b = $1|20|00:00:00.2\r\n", (20, 200.0, 10.0, None)),
        (
            '[{"pg_stat_statements.query": "SELECT a FROM t WHERE b = $1", "calls": "20", "total_time": 200}]',
            (20, 200.0, 10.0, None),
        ),
        ("query,calls,total_time\nSELECT a FROM t WHERE b = $1,20,\n", (20, None, None, None)),
        ("query,calls,rows\nSELECT a FROM t WHERE b = $1,0.1,0.1\n", (1, None, None, 0)),
    ],
)  # fmt: skip
def test_other_exports(captured: Callable[[str], Captured], text: str, expected: tuple[object, ...]) -> None:
    [one] = captured(text).workload.statements
    assert one.id == fingerprint("SELECT a FROM t WHERE b = 1")
    assert numbers(one) == pytest.approx(expected)


def test_rds_performance_insights(captured: Callable[[str], Captured]) -> None:
    found = captured(RDS)
    one, cut = found.workload.statements
    assert one.sql == "SELECT a FROM t WHERE b = $1 AND c = $2"
    assert numbers(one) == (500, 25_000.0, 50.0, 1000)
    assert cut.truncated
    assert "without a plan: 1 x only the beginning" in found.notes[0]


def test_rds_with_times_as_text(captured: Callable[[str], Captured]) -> None:
    data = json.loads(RDS)
    data |= {"AlignedStartTime": "2024-01-01T00:00:00+00:00", "AlignedEndTime": "2024-01-01T00:00:10+00:00"}
    assert captured(json.dumps(data)).workload.statements[0].total_ms == 2500


def test_a_text_that_ends_in_dots_is_truncated(captured: Callable[[str], Captured]) -> None:
    [one] = captured('query,calls\n"SELECT a FROM t WHERE ...",5\n').workload.statements
    assert one.truncated


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        "query,host\nSELECT 1,x\n",
        "query,calls\n",
        "query,calls\nSELECT a FROM t,many\n",
        "query,calls\nSELECT a FROM t,1e999\n",
        "query,calls\nSELECT a FROM t,1e19\n",
        "query,calls\nSELECT a FROM t,-1\n",
        '[{"query": "SELECT a FROM t", "calls": Infinity}]',
        "{",
        "[]",
        "[1, 2]",
        '{"a": {"b": 5}}',
        '{"Keys": []}',
        '{"Keys": [5], "AlignedStartTime": 1, "AlignedEndTime": 2}',
        '{"AlignedStartTime": 1, "AlignedEndTime": 2, "Keys": [{"Dimensions": {"sql.statement": "x"}, "Total": "x"}]}',
        '{"Keys": [], "AlignedStartTime": 2, "AlignedEndTime": 1}',
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused(captured: Callable[[str], Captured], text: str) -> None:
    if text == '{"Keys": []}':
        with pytest.raises(CorruptDocument, match="AlignedStartTime"):
            captured(text)
    else:
        with pytest.raises(CorruptDocument):
            captured(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('\n\nquery,calls\n"SELECT a\nFROM t",5\n\n"SELECT b\nFROM t",many\n', ":7: column \"calls\": 'many' is not a"),
        ('query,calls\r\nSELECT a FROM t,5\r\nSELECT b FROM t,-1\r\n', ":3: column"),
        ("\nhost,port\nx,1\n", ":2: these are no columns of statement statistics: host, port"),
        ("host,port\n", ":1: these are no columns of statement statistics: host, port"),
        ('[{"query": "SELECT a FROM t", "calls": 5}, {"query": "SELECT b", "calls": "x"}]', ": record 2: column"),
        ('{"rows": [{"query": "SELECT a FROM t", "calls": "x"}]}', ": record 1: column"),
        ('{"query": "SELECT a FROM t", "calls": 5}\n\n{"query": "SELECT b FROM t", "calls": "x"}\n', ":3: column"),
        ('{"query": "SELECT a FROM t", "calls": 5}\n{"query": "SELECT b\n', ":2: not valid JSON: "),
        ('{"query": "SELECT a FROM t", "calls": 5}\n5\n', ":2: an object is expected"),
        ('{"query": "SELECT a FROM t", calls: 5}\n', ":1: not valid JSON: "),
        ('[\n {\n  "query": "SELECT a FROM t",\n  "calls": 5\n },\n {\n  "calls" 5\n }\n]\n', ":7: not valid JSON: "),
        ('{"query": "SELECT a FROM t", "calls": 5}\nnull\n', ":2: an object is expected"),
        ('{"AlignedStartTime": 1, "AlignedEndTime": 2, "Keys": [{"Dimensions": {"s.statement": "x"}, "Total": 1}, 5]}',
         ": record 2 of Keys is none of an answer to describe-dimension-keys"),
    ],
)  # fmt: skip
def test_errors_say_where_they_are(captured: Callable[[str], Captured], text: str, place: str) -> None:
    with pytest.raises(CorruptDocument) as failure:
        captured(text)
    assert f"export.txt{place}" in failure.value.message


def test_an_unknown_export_is_told_what_was_looked_for() -> None:
    with pytest.raises(CorruptDocument, match="host, port") as failure:
        recognised(["host", "port"])
    assert "the statement: query, query_sql_text" in (failure.value.hint or "")
    assert "total time: total_time, total_exec_time" in (failure.value.hint or "")


@settings(deadline=None)
@given(st.text() | st.text(alphabet='query,calls;total\n"1.5{}[]:'))
def test_whatever_is_in_a_file_is_an_export_or_an_error_of_ours(text: str) -> None:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", errors="replace") as file:
        file.write("query,calls\n" + text if len(text) % 2 else text)
        file.flush()
        with contextlib.suppress(DboptError):
            capture(file.name)


def test_the_command(dbopt: Dbopt, shop: Database, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("query,calls,total_time\nSELECT * FROM orders WHERE status = $1,5,10\n", "utf-8")
    code, out, _ = dbopt("capture", "export", file, "--format", "json")
    assert (code, json.loads(out)["statements"][0]["parameters"]) == (0, [])
    code, out, _ = dbopt("capture", "export", file, "--format", "json", "-d", shop.dsn)
    [one] = json.loads(out)["statements"]
    assert (code, one["parameters"][0], one["parameters_from"]) == (0, ["done"], "statistics")


def test_wrong_files(dbopt: Dbopt, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("host,port\na,b\n", "utf-8")
    code, out, err = dbopt("capture", "export", file)
    assert (code, out) == (3, "")
    assert "hint: the statement: query" in err
    assert dbopt("capture", "export", tmp_path / "none.csv")[0] == 3
    assert dbopt("capture", "export")[0] == 2
    assert dbopt("capture", "export", file, "-o", file)[0] == 2
