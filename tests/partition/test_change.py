"""Changes as scripts, and the quoting that they need."""

from __future__ import annotations

import pytest

from dbopt.partition.change import Change, script
from dbopt.postgres.identifiers import dollar_quoted


def test_one_statement_needs_no_transaction() -> None:
    assert script([Change("a\nb", ("SELECT 1",))]) == "-- a b\nSELECT 1;\n"


@pytest.mark.parametrize("statements", [("SELECT 1", "SELECT 2"), ("SELECT 1;\nSELECT 2",)])
def test_several_are_done_together(statements: tuple[str, ...]) -> None:
    assert script([Change("a", statements)]) == "-- a\nBEGIN;\nSELECT 1;\nSELECT 2;\nCOMMIT;\n"


def test_what_stands_alone_has_no_transaction() -> None:
    alone = Change("a", ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "SELECT 1"), alone=True)
    assert "BEGIN" not in script([alone])


@pytest.mark.parametrize("body", ["", "SELECT '$dbopt$'", "$dbopt", "$dbopt_$ $dbopt$", "$$ 'x' $dbopt_"])
def test_a_body_never_ends_its_own_quotes(body: str) -> None:
    text = dollar_quoted(body)
    tag = text[: text.index("$", 1) + 1]
    assert text == f"{tag}{body}{tag}"
    assert text.index(tag, len(tag)) == len(text) - len(tag)
