"""Rules after one another: a search for the cheapest form of a statement. Pure; what a form costs is asked of a
function, as rarely as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from dbopt.rewrite.facts import Facts
from dbopt.rewrite.question import Question, Refuse
from dbopt.rewrite.rules import RULES, Rule
from dbopt.rewrite.surgery import keep_names, output_names, parameters_in, tidied
from dbopt.rewrite.text import parse, text

DEPTH = 4  # rules after one another
_BEAM = 3  # forms from which the search goes on
_WORTH_A_STEP = 0.99  # a longer chain has to save one percent more
_NO_WORSE = 1.5  # a step that costs more than so much is no way to a better one

Cost = Callable[[str], "float | None"]
"""What the planner says of a text; None where it does not plan, or must not be asked any more."""


@dataclass(frozen=True)
class Form:
    """A form of the statement: its text, the rules that led to it and what proves each."""

    sql: str
    cost: float
    rules: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """What one rule makes of a form at one place."""

    rule: str
    sql: str
    reason: str


@dataclass(frozen=True)
class Refusal:
    rule: str
    reason: str


@dataclass
class Found:
    """What the search came to. `forms` are all that were planned, the statement's own first."""

    best: Form
    forms: list[Form] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def steps(
    tree: exp.Expr, facts: Facts, rules: Mapping[str, Rule] = RULES, *, templates: bool = False
) -> Iterator[Step | Refusal]:
    """What the rules make of a tree, and what they refuse. The tree stays as it is. `templates` may have parameters of
    their own.
    """
    base = Question.of(tree, facts)
    left_alone = base.why_left_alone()
    for name, find in rules.items():
        for place in range(len(list(find(base)))):
            step = _step(name, find, place, base.again(), templates)
            is_new = isinstance(step, Step) and left_alone is not None
            yield Refusal(name, left_alone or "") if is_new else step


def _step(name: str, find: Rule, place: int, question: Question, templates: bool) -> Step | Refusal:
    before, names = parameters_in(question.tree), output_names(question.tree)
    try:
        reason = list(find(question))[place]()
        keep_names(question.tree, names)
        sql = text(tidied(question.tree))
        if not templates and parameters_in(question.tree) != before:
            raise Refuse("a parameter would be gone, and its number with it")
        if parse(sql) != question.tree:
            raise Refuse("its text does not read as what is meant")
    except Refuse as refuse:
        return Refusal(name, str(refuse))
    return Step(name, sql, reason)


def search(sql: str, facts: Facts, cost: Cost, own_cost: float, rules: Mapping[str, Rule] = RULES) -> Found:
    """The cheapest form. `sql` is the statement as `text` writes it. Of forms that cost about the same, the one with
    the fewest rules is the best.
    """
    start = Form(sql, own_cost)
    found = Found(start, [start])
    seen = {sql}
    beam = [start]
    for _ in range(DEPTH):
        new: list[Form] = []
        for form in beam:
            for step in _steps_of(form, facts, rules, found):
                if step.sql in seen:
                    continue
                seen.add(step.sql)
                planned = cost(step.sql)
                if planned is not None and planned <= own_cost * _NO_WORSE:
                    new.append(Form(step.sql, planned, (*form.rules, step.rule), (*form.reasons, step.reason)))
        new.sort(key=lambda form: form.cost)
        found.forms += new
        if new and new[0].cost < found.best.cost * _WORTH_A_STEP:
            found.best = new[0]
        beam = new[:_BEAM]
        if not beam:
            break
    return found


def _steps_of(form: Form, facts: Facts, rules: Mapping[str, Rule], found: Found) -> Iterator[Step]:
    tree = parse(form.sql)
    if tree is None:
        return
    for step in steps(tree, facts, rules):
        if isinstance(step, Step):
            yield step
        elif not form.rules and step not in found.refusals:
            found.refusals.append(step)
