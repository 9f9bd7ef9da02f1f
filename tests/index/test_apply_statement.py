"""Which statements are accepted from a file."""

from __future__ import annotations

import pytest

from dbopt.errors import UnsafeStatement
from dbopt.index.apply import items_of
from dbopt.index.statement import CreateIndex, DropIndex, parse
from tests.index.changes import BY_STATUS, advice


def test_a_create_is_taken_apart() -> None:
    found = parse('CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "I x" ON ONLY Sales."T;" USING gin (a) WHERE b > 1;')
    assert found == CreateIndex(True, "I x", ("sales", "T;"), "USING gin (a) WHERE b > 1")


def test_a_create_is_put_together_with_its_names_quoted() -> None:
    found = parse("CREATE INDEX ON t (a)")
    assert isinstance(found, CreateIndex)
    written = found.sql("Sales", 'we"ird', "i;x", concurrently=True)
    assert written == 'CREATE INDEX CONCURRENTLY "i;x" ON "Sales"."we""ird" (a)'


def test_a_drop_is_taken_apart() -> None:
    assert parse('drop index concurrently if exists "S".Ix') == DropIndex(("S", "ix"))


def test_a_semicolon_in_quotes_ends_nothing() -> None:
    found = parse("CREATE INDEX i ON t (a) WHERE b = 'x;y' AND c = $$;$$")
    assert isinstance(found, CreateIndex)
    assert found.rest == "(a) WHERE b = 'x;y' AND c = $$;$$"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DROP TABLE customers",
        "CREATE TABLE t (a int)",
        "CREATE INDEX i ON t (a); DROP TABLE customers",
        "CREATE INDEX i ON t (a);;",
        "CREATE INDEX i ON t (a) /* ; */",
        "CREATE INDEX i ON t (a) -- x",
        "CREATE INDEX i ON t (a) WHERE b = 'x",
        'CREATE INDEX "i ON t (a)',
        "CREATE INDEX i ON t",
        "CREATE INDEX s.i ON t (a)",
        'CREATE INDEX U&"i" ON t (a)',
        "DROP INDEX a, b",
        "DROP INDEX a CASCADE",
        "DROP INDEX a; DROP INDEX b",
        "REINDEX INDEX a",
        "DO $$ BEGIN END $$",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UnsafeStatement) as refusal:
        parse(text)
    assert refusal.value.hint


def test_a_drop_among_the_creates_is_refused() -> None:
    with pytest.raises(UnsafeStatement, match="among the indexes to create"):
        items_of(advice(create=["DROP INDEX a"]))


def test_a_create_among_the_drops_is_refused() -> None:
    with pytest.raises(UnsafeStatement, match="among the indexes to drop"):
        items_of(advice(drop=[BY_STATUS]))
