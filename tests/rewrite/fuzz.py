"""Random schemas, random queries, everything that the rules make of them, and made-up data that would show a
difference.

No rule is spared by the planner's cost here: every step is tried, and steps after steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from dbopt.errors import ServerError
from dbopt.postgres.session import Session
from dbopt.rewrite.chain import Refusal, steps
from dbopt.rewrite.proof.data import Maker, schema_of
from dbopt.rewrite.proof.forms import Forms, forms
from dbopt.rewrite.proof.made_up import MadeUp
from dbopt.rewrite.proof.rows import fill
from dbopt.rewrite.proof.server import prepared
from dbopt.rewrite.proof.trial import run
from dbopt.rewrite.proof.values import constants
from dbopt.rewrite.rules import RULES, Rule
from dbopt.rewrite.text import parse
from tests.rewrite.queries import Writer
from tests.rewrite.schemas import schema

# Those in which clocks are put back to midnight, or were across it, among them.
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "America/Sao_Paulo", "Atlantic/Azores", "America/Havana")


# Such a comparison fails in any plan that comes to it, and in none for a row that another condition leaves out before.
_CONFLICT = "could not determine which collation"


@dataclass
class Outcome:
    """What a run came to. `wrong` are the differences: the rule, both texts, how they differ, and the schema."""

    queries: int = 0
    valid: int = 0
    tried: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    invalid_steps: list[tuple[str, str, str, str]] = field(default_factory=list)
    compared: int = 0
    with_rows: int = 0
    wrong: list[tuple[str, str, str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Pair:
    rules: tuple[str, ...]
    forms: Forms
    values: tuple[str, ...] = ()


def fuzz_schema(
    session: Session,
    seed: int,
    *,
    queries: int,
    databases: int,
    outcome: Outcome,
    rules: Mapping[str, Rule] = RULES,
) -> None:
    """One schema in an empty database, so many queries on it, each step tried on so many made-up databases."""
    draw = Random(f"schema {seed}")
    ddl, tables = schema(draw)
    session.script(ddl)
    session.script(f"SET timezone = '{draw.choice(ZONES)}'")
    made = prepared(session, is_stopped=False)
    pairs: list[Pair] = []
    written: list[str] = []
    for _ in range(queries):
        writer = Writer(draw, tables)
        sql = writer.query()
        outcome.queries += 1
        if plans(session, sql, writer.values) is None:
            outcome.valid += 1
            pairs += _Steps(session, made, rules, outcome).of(sql, tuple(writer.values), draw)
            written.append(sql)
    _try(made, pairs, written, databases, outcome, ddl)


def plans(session: Session, sql: str, values: list[str]) -> str | None:
    """Why the text does not plan, None where it does."""
    try:
        with session.rolled_back():
            session.fetch_workload(sql, values, prefix="EXPLAIN ")
    except ServerError as error:
        return error.message
    return None


@dataclass(frozen=True)
class _Steps:
    session: Session
    made: MadeUp
    rules: Mapping[str, Rule]
    outcome: Outcome

    def of(self, sql: str, values: tuple[str, ...], draw: Random) -> list[Pair]:
        """Every step from the query, and from one of those again."""
        found = list(self._from(sql, sql, (), values))
        if found:
            first = draw.choice(found)
            found += self._from(sql, first.forms.after, first.rules, values)
        return found

    def _from(self, sql: str, form: str, rules: tuple[str, ...], values: tuple[str, ...]) -> Iterator[Pair]:
        tree = parse(form)
        for step in steps(tree, self.made.facts, self.rules) if tree is not None else ():
            if isinstance(step, Refusal):
                self.outcome.refused[step.rule] += 1
                continue
            pair = Pair((*rules, step.rule), forms(sql, step.sql, self.made.facts), values)
            if self._plans(pair):
                yield pair

    def _plans(self, pair: Pair) -> bool:
        """A step that does not plan is never offered, and yet a fault."""
        failure = plans(self.session, pair.forms.after, list(pair.values))
        if failure is not None:
            step = (" + ".join(pair.rules), pair.forms.before, pair.forms.after, failure)
            self.outcome.invalid_steps.append(step)
            return False
        self.outcome.tried[pair.rules[0] if len(pair.rules) == 1 else "two rules"] += 1
        return True


def _try(made: MadeUp, pairs: list[Pair], queries: list[str], databases: int, outcome: Outcome, ddl: str) -> None:
    written = constants(*queries)
    fillable = schema_of(made.facts, made.catalog, [table.id for table in made.facts.tables.values()])
    wrong: set[int] = set()
    for number in range(databases):
        with made.session.rolled_back(read_only=False, statement_timeout_ms=10_000):
            made.session.script("SET CONSTRAINTS ALL IMMEDIATE")
            rows = fill(made.session, fillable, Maker(number, written))
            made.session.script("SET TRANSACTION READ ONLY")
            for place, pair in enumerate(pairs):
                if place in wrong:
                    continue
                trial = run(made.session, pair.forms, pair.values, most=None)
                outcome.compared += trial.failed is None
                outcome.with_rows += trial.rows > 0
                if trial.difference is not None and _CONFLICT not in trial.difference:
                    wrong.add(place)
                    data = "; ".join(f"{name}: {found}" for name, found in rows.items())
                    outcome.wrong.append(
                        (
                            " + ".join(pair.rules),
                            pair.forms.before,
                            pair.forms.after,
                            trial.difference,
                            f"{ddl}\n{data}",
                        )
                    )
