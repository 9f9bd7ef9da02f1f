"""No rewrite differs on random schemas, queries and data; and one that is wrong would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from dbopt.rewrite.question import Move, Question
from dbopt.rewrite.scope import Block
from tests.rewrite.fuzz import Outcome, fuzz_schema
from tests.servers import Database, Server

NewDatabase = Callable[[Server, str], Database]


@pytest.mark.parametrize("seed", range(3))
def test_what_rules_make_of_random_queries_gives_the_same(pg18: Server, new_database: NewDatabase, seed: int) -> None:
    outcome = Outcome()
    fuzz_schema(new_database(pg18, "").session, seed, queries=25, databases=8, outcome=outcome)
    assert outcome.wrong == []
    assert outcome.invalid_steps == []
    assert outcome.valid > 15
    assert outcome.compared > 50


def test_collations_that_take_texts_for_equal_change_nothing(pg15: Server, new_database: NewDatabase) -> None:
    """PostgreSQL 15 is built with ICU here."""
    outcome = Outcome()
    fuzz_schema(new_database(pg15, "").session, 7, queries=25, databases=8, outcome=outcome)
    assert outcome.wrong == []
    assert outcome.compared > 50


def _take_away(block: Block) -> str:
    block.node.set("distinct", None)
    return "wrong"


def test_a_wrong_rule_is_found_out(pg18: Server, new_database: NewDatabase) -> None:
    """A rule that takes DISTINCT away wherever it is."""

    def find(question: Question) -> Iterator[Move]:
        for block in question.blocks:
            if block.node.args.get("distinct"):
                yield partial(_take_away, block)

    outcome = Outcome()
    fuzz_schema(new_database(pg18, "").session, 1, queries=40, databases=8, outcome=outcome, rules={"wrong": find})
    assert outcome.wrong
