"""Statements whose parameters lost their types. A driver declares the types of what it binds, and a log shows neither
the declaration nor any other sign of it: `SELECT date_trunc($1, $2)` and `$1 + $2` cannot be planned from their text.
Such statements get casts, `$2::timestamp with time zone`, of a type in whose form the values are written and with which
the server plans the statement. Where the server knows the type itself, nothing is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.postgres.identifiers import SQL, Identifier
from dbopt.postgres.session import TAG, Session
from dbopt.workload.commands import names_command
from dbopt.workload.lexer import Kind, has_too_many, parameter_numbers, significant, tokens
from dbopt.workload.model import Statement, Workload
from dbopt.workload.type_guesses import TEXT, guesses
from dbopt.workload.values import Type

PLANNING_LIMIT_MS = 10_000

_PREPARED = "dbopt_types"
_EXPLAIN = "EXPLAIN "
# what it means for PostgreSQL to lack a parameter's type: indeterminate_datatype, ambiguous_function,
# undefined_function, datatype_mismatch, cannot_coerce, indeterminate collation and wrong object type; class 22 is a
# value that the type which it took does not accept
_WITHOUT_TYPE = ("42P18", "42725", "42883", "42804", "42846", "42P22", "42809")

_MOST_ATTEMPTS = 300  # to plan one statement
_NEAREST = 8  # parameters tried one by one

Casts = Mapping[int, str]


def types_of(session: Session, sql: str) -> dict[int, Type]:
    """The types of the parameters by number, as the server infers them. Raises ServerError where it cannot. To be
    called in a transaction.
    """
    session.fetch_workload(sql, prefix=f"PREPARE {_PREPARED} AS ")
    rows = session.rows("workload/parameter_types", name=_PREPARED)
    session.execute(SQL("DEALLOCATE {}").format(Identifier(_PREPARED)))
    return {row["number"]: Type(row["type"], row["category"], row["label"]) for row in rows}


def lacks_type(error: ServerError) -> bool:
    """Whether the server would perhaps have planned the statement had it known the types of the parameters."""
    state = error.sqlstate or ""
    return state in _WITHOUT_TYPE or state.startswith("22")


def with_types(session: Session, workload: Workload) -> Workload:
    """The workload with casts where statements need them for the values that were captured; their fingerprints stay.
    Raises ConnectionFailed.
    """
    captured = "captured"
    done = [typed(session, one) if one.parameters_from == captured else one for one in workload.statements]
    return replace(workload, statements=tuple(done))


def typed(session: Session, statement: Statement) -> Statement:
    """The statement with the casts that it needs to be planned with its parameter sets, or that keep the server from
    taking for text, in want of anything better, what is written as a number or a time. Itself where there are none to
    be had. Raises ConnectionFailed.
    """
    if not statement.parameters or names_command(statement.sql):
        return statement
    if not parameter_numbers(statement.sql) or has_too_many(statement.sql):
        return statement
    search = _Search(session, statement)
    with session.rolled_back(statement_timeout_ms=PLANNING_LIMIT_MS):
        casts = search.casts()
    return replace(statement, sql=cast(statement.sql, casts)) if casts else statement


def cast(sql: str, casts: Casts) -> str:
    """The statement with `::type` behind these parameters."""
    return "".join(text for text, _ in _pieces(sql, casts))


def _pieces(sql: str, casts: Casts) -> list[tuple[str, int]]:
    """Each token as it is written with the casts, and the number of the parameter that it is, else 0."""
    pieces = []
    for token in tokens(sql):
        number = int(token.text[1:]) if token.kind is Kind.PARAMETER else 0
        pieces.append((f"{token.text}::{casts[number]}" if number in casts else token.text, number))
    return pieces


def _with_own_type(sql: str) -> frozenset[int]:
    """The parameters that the statement itself casts: `$1::text`, `CAST($1 AS text)`."""
    found = significant(sql)
    return frozenset(
        int(token.text[1:])
        for token, following in pairwise(found)
        if token.kind is Kind.PARAMETER and (following.text == "::" or following.folded == "as")
    )


class _Search:
    """The search for a statement's casts: first every parameter without a type gets the likeliest that its values
    admit, then what the server objects to is taken back, and then what it can do without.
    """

    def __init__(self, session: Session, statement: Statement) -> None:
        self._session = session
        self._sql = statement.sql
        self._sets = statement.parameters
        self._attempts = 0
        given = _with_own_type(self._sql)
        self._guesses = {
            number: guesses([values[number - 1] for values in self._sets if len(values) >= number])
            for number in parameter_numbers(self._sql)
            if number not in given
        }

    def casts(self) -> dict[int, str]:
        """By number; empty where there is no need, or no help."""
        error = self._refused({})
        if error is not None and not lacks_type(error):
            return {}
        wanted = {number: types[0] for number, types in self._guesses.items() if number in self._unsure(error)}
        if not wanted or (error is None and set(wanted.values()) == {TEXT}):
            return {}
        found = self._accepted(wanted)
        return self._needed(found) if found else {}

    def _unsure(self, error: ServerError | None) -> frozenset[int]:
        """The parameters whose type the server does not know, or takes to be text although no column says so."""
        if error is not None:
            return frozenset(self._guesses)
        texts = [number for number, name in self._inferred({}).items() if name == TEXT and number in self._guesses]
        if all(self._guesses[number][0] == TEXT for number in texts):
            return frozenset()
        from dbopt.workload.sql import parse  # most statements need no parser
        from dbopt.workload.uses import uses

        if parse(self._sql) is None:
            return frozenset()
        return frozenset(texts) - {use.number for use in uses(self._sql) if use.column is not None}

    def _accepted(self, casts: dict[int, str]) -> dict[int, str]:
        """Casts with which the server plans the statement, found by changing them where it objects; empty without."""
        error = self._refused(casts)
        while error is not None:
            step = self._better(casts, error)
            if step is None:
                return {}
            casts, error = step
        return casts

    def _better(self, casts: dict[int, str], error: ServerError) -> tuple[dict[int, str], ServerError | None] | None:
        """The change after which the server does not object, else the first after which it objects to something else.
        None where there is none, or enough was tried.
        """
        place = self._place(casts, error)
        progress = None
        for tried in self._changes(casts, error):
            if self._attempts >= _MOST_ATTEMPTS:
                return None
            after = self._refused(tried)
            if after is None:
                return tried, None
            if progress is None and (after.message, self._place(tried, after)) != (error.message, place):
                progress = tried, after
        return progress

    def _changes(self, casts: dict[int, str], error: ServerError) -> Iterator[dict[int, str]]:
        """One cast less, or another one, of those nearest to what the server pointed at; then the same for all casts of
        a type at once: the rows of VALUES have to agree.
        """
        near = self._near(casts, error)[:_NEAREST]
        of_a_type = [[number for number in casts if casts[number] == name] for name in dict.fromkeys(casts.values())]
        for numbers in [*([number] for number in near), *(group for group in of_a_type if len(group) > 1)]:
            yield {number: name for number, name in casts.items() if number not in numbers}
            for name in self._guesses[numbers[0]]:
                if name != casts[numbers[0]]:
                    yield {**casts, **dict.fromkeys(numbers, name)}

    def _needed(self, casts: dict[int, str]) -> dict[int, str]:
        """Without those that the server finds out itself."""
        for number in sorted(casts, reverse=True):
            fewer = {other: name for other, name in casts.items() if other != number}
            if self._refused(fewer) is None and (casts[number] == TEXT or self._inferred(fewer)[number] != TEXT):
                casts = fewer
        return casts

    def _refused(self, casts: Casts) -> ServerError | None:
        """What the server objects to, None where it plans the statement with every set."""
        self._attempts += 1
        sql = cast(self._sql, casts)
        for values in self._sets:
            try:
                with self._session.savepoint():
                    self._session.fetch_workload(sql, values, prefix=_EXPLAIN)
            except ConnectionFailed:
                raise
            except ServerError as error:
                return error
        return None

    def _inferred(self, casts: Casts) -> dict[int, str]:
        with self._session.savepoint():
            return {number: one.name for number, one in types_of(self._session, cast(self._sql, casts)).items()}

    def _place(self, casts: Casts, error: ServerError) -> int | None:
        """The number of the token that the server points at, which casts do not change."""
        if error.position is None:
            return None
        position = error.position - 1 - len(TAG) - len(_EXPLAIN)
        for place, (text, _) in enumerate(_pieces(self._sql, casts)):
            position -= len(text)
            if position < 0:
                return place
        return None

    def _near(self, casts: Casts, error: ServerError) -> Sequence[int]:
        """The parameters with a cast, those nearest to the place of the error first."""
        place = self._place(casts, error) or 0
        distances: dict[int, int] = {}
        for there, (_, number) in enumerate(_pieces(self._sql, casts)):
            if number in casts:
                distances[number] = min(abs(there - place), distances.get(number, abs(there - place)))
        return sorted(distances, key=lambda number: (distances[number], number))
