"""Whether the rules alone, without a planner's cost and without a proof, walk into a trap of the corpus."""

from __future__ import annotations

from collections.abc import Iterator

from dbopt.rewrite.chain import Refusal, Step, steps
from dbopt.rewrite.facts import Facts
from dbopt.rewrite.question import Question, Refuse
from dbopt.rewrite.rules import HINT, RULES, TEMPLATES
from dbopt.rewrite.rules.function_to_index import hints
from dbopt.rewrite.text import parse, text
from tests.rewrite.cases import Case


def walked_into(case: Case, facts: Facts) -> str | None:
    """What is wrong with what the trap's rule makes of it; None where it refuses, for the reason that is to be."""
    assert case.refuses is not None
    rule, reason = case.refuses
    found = [outcome for outcome in _everything(case.sql, facts) if outcome.rule == rule]
    for outcome in found:
        if isinstance(outcome, Step):
            return f"{rule} makes it {outcome.sql}"
    reasons = [outcome.reason for outcome in found]
    return None if any(reason in one for one in reasons) else f"{rule} says {'; '.join(reasons) or 'nothing'}"


def _everything(sql: str, facts: Facts) -> Iterator[Step | Refusal]:
    tree = parse(sql)
    assert tree is not None
    yield from steps(tree, facts, RULES)
    yield from steps(tree, facts, TEMPLATES, templates=True)
    for hint in hints(Question.of(tree, facts)):
        yield Refusal(HINT, str(hint)) if isinstance(hint, Refuse) else Step(HINT, text(tree), hint.sql)
