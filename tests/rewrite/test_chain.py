"""The search for the cheapest form, with costs that exist in the test alone."""

from __future__ import annotations

from dbopt.rewrite.chain import Found, search
from dbopt.rewrite.rules import RULES
from tests.rewrite.rewriting import FACTS

SQL = "SELECT b.id FROM books AS b LEFT JOIN authors AS a ON a.id = b.author_id WHERE a.id IS NOT NULL AND b.pages = 3"


def found(sql: str, costs: dict[str, float], own: float = 100.0) -> tuple[Found, list[str]]:
    """The search where a form costs what the longest of these pieces in it says, else 100; and what was asked."""
    asked: list[str] = []

    def cost(text: str) -> float:
        asked.append(text)
        return min((value for piece, value in costs.items() if piece in text), default=100.0)

    return search(sql, FACTS, cost, own, RULES), asked


def test_nothing_changes_where_nothing_is_cheaper() -> None:
    result, asked = found(SQL, {})
    assert result.best.rules == ()
    assert asked


def test_rules_follow_each_other_where_the_cost_goes_on_falling() -> None:
    result, _ = found(SQL, {"FROM books AS b WHERE": 10.0})
    assert result.best.rules == ("left-join-to-inner", "needless-join")
    assert len(result.best.reasons) == 2
    assert result.best.sql == "SELECT b.id FROM books AS b WHERE b.pages = 3"


def test_a_rule_that_adds_nothing_is_not_kept() -> None:
    result, _ = found(SQL, {" JOIN ": 50.0, "LEFT JOIN": 100.0, "FROM books AS b WHERE": 49.9})
    assert len(result.best.rules) <= 2
    assert result.best.cost < 100


def test_a_form_is_asked_about_once() -> None:
    sql = "SELECT id FROM books WHERE date(printed_at) = '2024-01-01' AND pages = 3.0"
    _, asked = found(sql, {})
    assert len(asked) == len(set(asked))
    assert len(asked) == 3, "either rule, and both"


def test_what_does_not_plan_is_no_form() -> None:
    result = search(SQL, FACTS, lambda _: None, 100.0)
    assert [form.rules for form in result.forms] == [()]


def test_refusals_are_those_of_the_statement_itself() -> None:
    sql = "SELECT DISTINCT title FROM books WHERE pages = 3.0"
    result, _ = found(sql, {})
    assert [refusal.rule for refusal in result.refusals] == ["needless-distinct"]
