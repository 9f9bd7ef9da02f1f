"""A schema that exists in tests alone, and what the rules make of a statement on it."""

from __future__ import annotations

from dbopt.rewrite.chain import Refusal, Step, steps
from dbopt.rewrite.facts import Column, Facts, ForeignKey, Function, Key, Table
from dbopt.rewrite.question import Question
from dbopt.rewrite.rules import RULES, TEMPLATES
from dbopt.rewrite.text import parse

INEXACT = {"numeric", "float8", "public.citext", "interval"}


def column(name: str, kind: str = "int4", *, not_null: bool = False, exact: bool | None = None) -> Column:
    built_in = "." not in kind
    return Column(name, kind, kind, not_null, kind not in INEXACT if exact is None else exact, is_built_in=built_in)


def table(name: str, *columns: Column, **options: object) -> Table:
    return Table("public", name, "r", columns, **options)  # type: ignore[arg-type]


AUTHORS = table(
    "authors",
    column("id", not_null=True),
    column("name", "text", not_null=True),
    column("country", "text"),
    column("born", "date"),
    column("code", "bpchar"),
    column("alias", "public.citext"),
    keys=(Key(("id",), is_primary=True, name="authors_pkey"), Key(("code",), name="authors_code")),
)
BOOKS = table(
    "books",
    column("id", not_null=True),
    column("author_id", not_null=True),
    column("editor_id"),
    column("title", "text", not_null=True),
    column("price", "numeric", not_null=True),
    column("pages", "int4"),
    column("weight", "float8"),
    column("printed_at", "timestamp"),
    column("sold_at", "timestamptz", not_null=True),
    column("token", "uuid"),
    keys=(Key(("id",), is_primary=True, name="books_pkey"),),
    foreign_keys=(
        ForeignKey(("author_id",), ("public", "authors"), ("id",), "books_author"),
        ForeignKey(("editor_id",), ("public", "authors"), ("id",), "books_editor"),
    ),
)
FUNCTIONS = {
    **{("pg_catalog", name): Function("immutable", True) for name in ("lower", "upper", "date", "date_part", "length")},
    ("pg_catalog", "date_trunc"): Function("stable", True),
    ("pg_catalog", "now"): Function("stable"),
    ("pg_catalog", "random"): Function("volatile"),
    ("pg_catalog", "generate_series"): Function("immutable", returns_set=True),
    ("pg_catalog", "string_agg"): Function("immutable", is_aggregate=True),
    ("pg_catalog", "array_agg"): Function("immutable", is_aggregate=True),
    ("pg_catalog", "bool_or"): Function("immutable", is_aggregate=True),
    ("pg_catalog", "row_number"): Function("immutable", is_window=True),
    ("pg_catalog", "rank"): Function("immutable", is_window=True),
    ("public", "drift"): Function("volatile"),
    ("public", "steady"): Function("immutable"),
}
FACTS = Facts({one.id: one for one in (AUTHORS, BOOKS)}, FUNCTIONS)


def question(sql: str, facts: Facts = FACTS) -> Question:
    tree = parse(sql)
    assert tree is not None, sql
    return Question.of(tree, facts)


def outcomes(sql: str, rule: str, facts: Facts = FACTS) -> list[Step | Refusal]:
    """What one rule makes of each place."""
    tree = parse(sql)
    assert tree is not None, sql
    if rule in TEMPLATES:
        return list(steps(tree, facts, {rule: TEMPLATES[rule]}, templates=True))
    return list(steps(tree, facts, {rule: RULES[rule]}))


def rewritten(sql: str, rule: str, facts: Facts = FACTS) -> str:
    """The text after the one place where the rule changes something."""
    (step,) = outcomes(sql, rule, facts)
    assert isinstance(step, Step), step
    return step.sql


def refused(sql: str, rule: str, facts: Facts = FACTS) -> str:
    """Why the rule makes nothing of it, at the one place where its pattern is."""
    (step,) = outcomes(sql, rule, facts)
    assert isinstance(step, Refusal), step
    return step.reason
