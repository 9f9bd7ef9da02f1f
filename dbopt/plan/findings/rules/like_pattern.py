"""A text is searched by a pattern that no index of the table answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dbopt.plan.findings.conditions import Condition
from dbopt.plan.findings.context import Context
from dbopt.plan.findings.indexes import create_index, is_harmless
from dbopt.plan.findings.model import Finding
from dbopt.plan.findings.scans import Scan, scans
from dbopt.plan.findings.waste import waste
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import Column

NAME = "like-pattern"
_PATTERN = re.compile(r"'((?:[^']|'')*)'(?:::[\w ]+(?:\(\d+\))?)?")
_LETTERS = re.compile(r"[^\W_]{3,}")  # what a trigram index looks up: three letters or digits in a row
_WILD = re.compile(r"\\.|\[[^\]]*\]|.[*?{]")  # parts of a regular expression that may be no text
_OPERATOR_CLASSES = {"text": "text_pattern_ops", "character varying": "varchar_pattern_ops"}


def check(context: Context) -> Iterator[Finding]:
    for scan in scans(context, "Seq Scan"):
        found = waste(scan)
        if found is None or not found.is_large() or not context.weighs(scan.share):
            continue
        decisive = [one for one in scan.conditions() if not is_harmless(context, one, scan.relation)]
        answer = _answer(scan, decisive[0]) if len(decisive) == 1 else None  # of several nobody knows which one it is
        if answer is not None:
            because, remedy, sql = answer
            yield Finding(NAME, f"{found.in_words}: {because}", remedy, sql, scan.first.number, scan.share)


def _answer(scan: Scan, condition: Condition) -> tuple[str, str, tuple[str, ...]] | None:
    named, match = condition.column, _PATTERN.fullmatch(condition.right)
    column = scan.relation.column(named[1]) if named is not None else None
    if column is None or match is None or condition.operator not in ("~~", "~~*", "~", "~*"):
        return None
    pattern = match[1].replace("''", "'")
    is_prefix = condition.operator == "~~" and len(re.split(r"[%_\\]", pattern)[0]) > 0
    if is_prefix:
        return _by_prefix(scan, column, pattern)
    return _by_trigrams(scan, column, condition.operator, pattern)


def _by_prefix(scan: Scan, column: Column, pattern: str) -> tuple[str, str, tuple[str, ...]] | None:
    base = column.type.partition("(")[0]
    operator_class = _OPERATOR_CLASSES.get(base)
    if operator_class is None or column.may_be_long or _has_index(scan, column, operator_class):
        return None
    name = quoted(column.name)
    key = name if column.bytewise else f"{name} {operator_class}"
    because = f"no index finds texts of {name} that begin with {re.split(r'[%_]', pattern)[0]!r}"
    why = (
        "" if column.bytewise else " An ordinary index sorts by the language's rules, by which a beginning is no range."
    )
    return because, f"An index on {key} does.{why}", (create_index(scan.relation, [key]),)


def _by_trigrams(scan: Scan, column: Column, operator: str, pattern: str) -> tuple[str, str, tuple[str, ...]] | None:
    plain = _WILD.sub(" ", pattern) if operator in ("~", "~*") else pattern
    texts = _LETTERS.findall(plain)
    catalog = scan.context.catalog
    bare = replace(column, bytewise=False)
    if not column.is_text or not texts or catalog is None or _has_index(scan, bare, "gin_trgm_ops", "gist_trgm_ops"):
        return None
    name = quoted(column.name)
    known = catalog.in_extension("pg_trgm", "gin_trgm_ops")
    key = f"{name} {known or 'gin_trgm_ops'}"
    create = create_index(scan.relation, [key], "gin")
    return (
        f"a b-tree cannot find texts of {name} by what stands within them",
        "An index on trigrams can; it takes the extension pg_trgm, and pays where the pattern has three letters in a "
        "row. A search for words is rather a matter of full text search.",
        (create,) if known else ("CREATE EXTENSION IF NOT EXISTS pg_trgm", create),
    )


def _has_index(scan: Scan, column: Column, *operator_classes: str) -> bool:
    """Whether an index on the column could have been used, but for the planner's choice."""
    catalog = scan.context.catalog
    indexes = catalog.indexes_of(scan.relation) if catalog is not None else ()
    return any(
        key.column == column.name and (key.opclass in operator_classes or (column.bytewise and key.opclass is None))
        for index in indexes
        if index.is_valid
        for key in index.keys
        if index.method != "hash"
    )
