"""Secrets planted everywhere in a log: none comes through --redact."""

from __future__ import annotations

import json
import random
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from dbopt import documents
from dbopt.workload.logs import redact
from dbopt.workload.logs.assemble import Assembler
from dbopt.workload.logs.build import Limits, workload
from dbopt.workload.logs.detect import Format, reader
from tests.workload.logs.reads import read

SECRET = "hunter2zq"
COST = "(cost=0.00..1.00 rows=1 width=4)"
NODE = f"Seq Scan on t1  {COST}"
FORM = Format("stderr", "[%p] ")
QUOTED = st.sampled_from((
    "'{}'", "E'\\n{}'", "$x${}$x$", "$${}$$", "'a''{}'", "U&'\\0041{}'", "'{}' 'b'", "N'{}'", "'a\nLOG:  {}'",
))  # fmt: skip
AROUND = st.text(alphabet=" 'ab\\\"\n-*/$(1;", max_size=6)
STATEMENTS = st.sampled_from((
    "SELECT * FROM t WHERE a = {}", "INSERT INTO t VALUES (1, {})", "UPDATE t SET a = {} -- {}",
    "SELECT f({}) /* {} */",
    "COPY t FROM stdin WITH (NULL {})", "ALTER ROLE r PASSWORD {}", "SET x = {}", "PREPARE p AS SELECT {}",
    "SELECT a FROM t WHERE b = {}; DELETE FROM t WHERE c = {}",
))  # fmt: skip


def written(value: str, quoted: str, around: str) -> str:
    """A literal with the secret in it; what would end it early is left out."""
    inner = around.replace("'", "''").replace("$", "").replace("\\", "") + value
    return quoted.replace("{}", inner)


def entries(statement: str, literal: str) -> list[str]:
    """The statement in every place where a log shows one."""
    sql = statement.replace("-- {}", f"-- {SECRET}").replace("/* {} */", f"/* {SECRET} */").replace("{}", literal)
    plan = f"{NODE}\n  Filter: (a = {literal}::text)\n  Rows Removed by Filter: 3"
    document = json.dumps({"Query Text": sql, "Plan": {"Node Type": "Seq Scan", "Filter": f"(a = {literal})"}})
    return [
        f"LOG:  duration: 1.000 ms  statement: {sql}",
        f"LOG:  duration: 3.000 ms  execute x: SELECT b FROM t WHERE a = $1\nDETAIL:  parameters: $1 = '{SECRET}'",
        f"LOG:  duration: 9.000 ms  plan:\n\tQuery Text: {sql}\n{plan}",
        f"LOG:  duration: 9.000 ms  plan:\n{document}",
        f'ERROR:  duplicate key value: "{SECRET}"\nDETAIL:  Key (a)=({SECRET}) exists.\nSTATEMENT:  {sql}',
        f'ERROR:  invalid input: "{SECRET}"\nCONTEXT:  COPY t, line 1: "{SECRET}"\nSTATEMENT:  COPY t FROM stdin',
        f"ERROR:  canceling statement due to user request\nSTATEMENT:  {sql}",
        f"LOG:  statement: {sql}",
    ]


def log(texts: list[str]) -> bytes:
    lines: list[str] = []
    for text in texts:
        for line in text.split("\n"):
            starts = line.startswith(("LOG:  d", "LOG:  s", "DETAIL:", "STATEMENT:", "CONTEXT:", "ERROR:"))
            lines.append(f"[7] {line}" if starts else f"\t{line}")
    return "\n".join([*lines, ""]).encode()


@settings(deadline=None)
@given(STATEMENTS, QUOTED, AROUND, st.randoms(use_true_random=False))
def test_no_secret_survives(statement: str, quoted: str, around: str, draw: random.Random) -> None:
    texts = entries(statement, written(SECRET, quoted, around))
    draw.shuffle(texts)
    assembler = Assembler()
    reader(FORM).read(log(texts), assembler)
    assembler.finish()
    captured = workload(assembler.totals, [assembler.account], Limits(is_redacted=True))
    assert SECRET not in documents.dump(captured.workload)
    assert not any(SECRET in note for note in captured.notes)


@pytest.mark.parametrize(
    "plan",
    [
        f"{NODE}\n  Filter: (a = '{SECRET}\nBuffers: shared hit={SECRET}'::text)",
        f"{NODE}\n  Filter: (a = 'x  {COST} {SECRET}')",
        f"Query Parameters: $1 = '{SECRET}'\nResult  {COST}",
        f"Foreign Scan on t  {COST}\n  Remote SQL: SELECT a FROM t WHERE b = E'\\\\{SECRET}'",
    ],
)
def test_plans_hide_values_that_look_like_something_else(plan: str) -> None:
    shown = redact.plan_text(plan)
    assert SECRET not in shown
    assert COST in shown


def test_a_plan_keeps_its_numbers() -> None:
    plan = f"{NODE} (actual time=0.1..0.2 rows=1 loops=1)\n  Filter: (a = 42)\n  Rows Removed by Filter: 19"
    assert redact.plan_text(plan) == plan.replace("42", "?")


def test_a_string_that_may_end_elsewhere_is_not_shown(tmp_path: Path) -> None:
    """With standard_conforming_strings off, a backslash hides the quote behind it."""
    text = log([f"LOG:  duration: 1.000 ms  statement: SELECT a FROM t WHERE b = 'it\\'s {SECRET}'"])
    totals = read(text, tmp_path).assembler.totals
    assert SECRET not in documents.dump(workload(totals, [], Limits(is_redacted=True)).workload)
