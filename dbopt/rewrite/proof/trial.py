"""Both forms of a statement, run on what a session sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbopt.errors import ConnectionFailed, ServerError, StatementTimeout
from dbopt.postgres.session import Session
from dbopt.rewrite.proof.compare import Result, difference, order_difference
from dbopt.rewrite.proof.forms import Forms
from dbopt.workload.lexer import parameter_numbers

Values = Sequence[str | None]


@dataclass(frozen=True)
class Trial:
    """One run of both. `rows` is how many the statement gave, `difference` how the other form differs. `failed` is why
    there is nothing to compare: the statement itself failed.
    """

    rows: int = 0
    difference: str | None = None
    failed: str | None = None


def run(session: Session, forms: Forms, values: Values, *, most: int | None) -> Trial:
    """Run both, in the session's transaction, which is to be READ ONLY and to see one state of the data. A statement
    that fails says nothing; a rewrite that fails where the statement does not is another one. Raises ConnectionFailed.
    """
    try:
        before = _result(session, forms.before, values, most)
    except ConnectionFailed:
        raise
    except ServerError as error:
        return Trial(failed=_why(error))
    try:
        after = _result(session, forms.after, values, most)
    except ConnectionFailed:
        raise
    except ServerError as error:
        return Trial(len(before.rows), f"the rewritten form fails: {_why(error)}")
    found = difference(before, after, ordered_by=forms.ordered_by, adds_floats=forms.adds_floats)
    if found is not None and forms.without_limit is not None:
        found = _by_all_rows(session, forms, (before, after), found, values, most)
    return Trial(len(before.rows), found)


def _by_all_rows(
    session: Session, forms: Forms, results: tuple[Result, Result], found: str, values: Values, most: int | None
) -> str | None:
    """LIMIT may take any of the rows that the order leaves open: then all rows, without LIMIT, have to be the same."""
    before, after = results
    assert forms.without_limit is not None  # noqa: S101 - asked before
    if before.columns != after.columns or len(before.rows) != len(after.rows):
        return found
    if order_difference(before, after, forms.ordered_by) is not None:
        return found
    try:
        whole = [_result(session, sql, _used(sql, values), most) for sql in forms.without_limit]
    except ConnectionFailed:
        raise
    except ServerError as error:
        return f"{found}, and all rows cannot be compared: {error.message}"
    return difference(*whole, adds_floats=forms.adds_floats)


def _why(error: ServerError) -> str:
    return "it ran into the time limit" if isinstance(error, StatementTimeout) else error.message


def _used(sql: str, values: Values) -> Values:
    """The values without those that LIMIT and OFFSET had."""
    return values[: max(parameter_numbers(sql), default=0)]


def _result(session: Session, sql: str, values: Values, most: int | None) -> Result:
    with session.savepoint():
        return Result(*session.texts_of_workload(sql, values, most=most))
