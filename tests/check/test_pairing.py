"""Which statement is which."""

from __future__ import annotations

from dbopt.check.baseline import Expected
from dbopt.check.pairing import pair
from dbopt.workload.fingerprint import fingerprint


def statement(sql: str, name: str | None = None) -> Expected:
    return Expected(fingerprint(sql), name, (sql,))


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
