"""Which statement is which."""

from __future__ import annotations

import random

import pytest

from dbopt.check.baseline import Expected
from dbopt.check.facts import Read
from dbopt.check.pairing import pair
from dbopt.workload.fingerprint import fingerprint
from tests.check.plans import made


def statement(sql: str, name: str | None = None, *reads: str) -> Expected:
    """One that was planned only if its plan's tables are given."""
    plans = (made(1, *(Read(table, "Seq Scan") for table in reads)),) if reads else ()
    return Expected(fingerprint(sql), name, (sql,), None, plans)


def names(before: list[Expected], after: list[Expected]) -> list[tuple[str | None, str | None]]:
    """Texts of both sides of each pair."""
    sides = [(one.before, one.after) for one in pair(before, after)]
    return [(old.text if old else None, new.text if new else None) for old, new in sides]


def test_a_renamed_statement_is_the_same() -> None:
    one, other = statement("SELECT 1 FROM a", "old"), statement("SELECT 1 FROM a", "new")
    assert names([one], [other]) == [("SELECT 1 FROM a", "SELECT 1 FROM a")]


def test_a_changed_text_is_found_by_its_name() -> None:
    before, after = "SELECT a FROM t WHERE b = 1", "WITH x AS (SELECT 2) SELECT c FROM x"
    assert names([statement(before, "q")], [statement(after, "q")]) == [(before, after)]


def test_a_changed_text_without_a_lasting_name_is_found_by_likeness() -> None:
    before = "SELECT id, total FROM orders WHERE customer_id = 5 ORDER BY total LIMIT 10"
    after = "SELECT id, total FROM orders WHERE customer_id = 5 ORDER BY total"
    other = "INSERT INTO log VALUES (1)"
    for old, new in ((None, None), ("a.sql:3", "a.sql:9")):
        assert names([statement(other), statement(before, old)], [statement(after, new)]) == [
            (before, after),
            (other, None),
        ]


def test_what_is_not_alike_is_new_and_removed() -> None:
    before, after = "SELECT count(*) FROM events", "UPDATE customers SET name = 'x' WHERE id = 3"
    assert names([statement(before)], [statement(after)]) == [(None, after), (before, None)]
    assert names([statement(before, "a")], [statement(before + " LIMIT 1", "b")])[0] == (None, before + " LIMIT 1")


def test_statements_with_one_fingerprint_are_told_apart_by_text_and_name() -> None:
    few, many = "SELECT a FROM t LIMIT 10", "SELECT a FROM t LIMIT 10000"
    assert fingerprint(few) == fingerprint(many)
    assert names([statement(few), statement(many)], [statement(many), statement(few)]) == [(many, many), (few, few)]
    assert names([statement(few, "f"), statement(few, "m")], [statement(many, "m"), statement(few, "f")]) == [
        (few, many),
        (few, few),
    ]


def test_every_statement_is_in_one_pair() -> None:
    before = [statement(f"SELECT {column} FROM t") for column in "abcd"]
    after = [statement(f"SELECT {column} FROM t") for column in "cdefg"]
    pairs = pair(before, after)
    assert sorted(one.before.text for one in pairs if one.before) == sorted(one.text for one in before)
    assert [one.after.text for one in pairs if one.after] == [one.text for one in after]


# -- without a lasting name -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, "a.sql:1"])
def test_a_text_on_another_table_is_another_statement_however_like_it_is(name: str | None) -> None:
    before, after = "SELECT * FROM orders WHERE id = 42", "SELECT * FROM ev WHERE k = 7"
    assert names([statement(before, name)], [statement(after, name)]) == [(None, after), (before, None)]
    before, after = "SELECT a FROM sales.t WHERE b = 1", "SELECT a, b FROM stock.t WHERE b = 1"
    assert names([statement(before, name)], [statement(after, name)]) == [(None, after), (before, None)]


def test_a_table_is_recognised_without_its_schema_and_behind_a_view() -> None:
    before, after = "SELECT a FROM public.t WHERE b = 1", "SELECT a, b FROM t WHERE b = 1"
    assert names([statement(before)], [statement(after)]) == [(before, after)]
    assert names([statement(before, None, "public.t")], [statement(after, None, "other.t")])[0] == (None, after)
    through = "SELECT a, b FROM view_of_t WHERE b = 1"
    assert names([statement(before, None, "public.t")], [statement(through, None, "public.t")]) == [(before, through)]


def test_what_reads_no_table_is_compared_with_its_like() -> None:
    before, after = "SELECT generate_series(1, $1) AS day", "SELECT generate_series(1, $1) AS night"
    assert names([statement(before)], [statement(after)]) == [(before, after)]


BEFORE = 'SELECT max(placed) FROM "Sales"."Order"'
AFTER = 'SELECT o.placed FROM "Sales"."Order" AS o ORDER BY o.placed + 0 DESC LIMIT 1'


def test_a_rewritten_text_is_found_at_its_place() -> None:
    old = [statement(BEFORE, "a.sql:3"), statement("SELECT x FROM y JOIN z USING (q)", "a.sql:5")]
    assert names(old, [statement(AFTER, "a.sql:3"), statement("VALUES (1)", "a.sql:5")])[0] == (BEFORE, AFTER)


def test_a_rewritten_text_is_found_where_it_alone_is_left_in_its_file() -> None:
    kept = "SELECT b FROM c"
    old = [statement(kept, "latest.sql:1"), statement(BEFORE, "latest.sql:2")]
    new = [statement(AFTER, "latest.sql:1"), statement(kept, "latest.sql:7")]
    assert names(old, new) == [(BEFORE, AFTER), (kept, kept)]
    new = [statement(AFTER, "other.sql:1"), statement(kept, "latest.sql:7")]
    assert names(old, new)[0] == (None, AFTER)


def test_of_equally_like_texts_the_nearest_is_taken() -> None:
    old = [statement(f"SELECT {column} FROM t WHERE d = 5", f"{column}.sql:1") for column in "abc"]
    new = [statement(f"SELECT {column}x FROM t WHERE d = 5", f"{column}.sql:1") for column in "cab"]
    assert [(one.before.name, one.after.name) for one in pair(old, new) if one.before and one.after] == [
        (f"{column}.sql:1", f"{column}.sql:1") for column in "cab"
    ]


def changed(number: int, end: str) -> Expected:
    some = random.Random(number).choices([f"c{n}" for n in range(30)], k=8)
    columns = ", ".join(some[:4])
    return statement(
        f"SELECT {columns} FROM t JOIN u ON u.{some[4]} = t.{some[5]} WHERE t.{some[6]} = 4 AND u.{some[7]} > 3"
        f" GROUP BY {columns} {end}"
    )


def test_hundreds_of_changed_texts_are_found() -> None:
    before, after = [[changed(n, end) for n in range(400)] for end in ("LIMIT 10", "ORDER BY 1 LIMIT 10")]
    pairs = pair(before, after)
    found = [n for n, one in enumerate(pairs) if one.before and one.before.text == before[n].text]
    assert len(found) > 390
