"""From a workload to the rewrites that are worth it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dbopt.errors import ConnectionFailed, DboptError, ServerError
from dbopt.index.model import Index, Key
from dbopt.plan import execution
from dbopt.plan.tree import Plan
from dbopt.rewrite import chain
from dbopt.rewrite.chain import Form, Found, Refusal
from dbopt.rewrite.facts import Facts
from dbopt.rewrite.model import Failed, NotWorthwhile, Refused, Rewrite
from dbopt.rewrite.place import Place
from dbopt.rewrite.planner import Planner, are_same, cost
from dbopt.rewrite.question import Question, Refuse
from dbopt.rewrite.rules import HINT, RULES, TEMPLATES, Rule
from dbopt.rewrite.rules.function_to_index import Hint, hints
from dbopt.rewrite.text import parse, text
from dbopt.workload.model import Statement, Workload

LEAST_GAIN = 0.1
PLANNER_CALLS = 60  # for one statement
OnProgress = Callable[[int, int, str], None]
_UNVERIFIED = "not run: --verify compares the results of both forms"
_TEMPLATE = "a template, not an equivalent statement: it needs values that only the application has"
_HINT = "a hint: the statement stays as it is; the index was tried in a shadow"
_NOT_PRINTABLE = "not printable: dbopt's own text of the unchanged statement is planned differently"


@dataclass
class Offers:
    """What is offered so far. `typed` are the statements, by id and text, as they plan."""

    rewrites: list[Rewrite] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    not_worthwhile: list[NotWorthwhile] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    typed: dict[tuple[str, str], Statement] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """How much a rewrite has to save, how often the planner may be asked about one statement, and which rules."""

    least_gain: float = LEAST_GAIN
    planner_calls: int = PLANNER_CALLS
    rules: Mapping[str, Rule] = field(default_factory=lambda: RULES)
    templates: Mapping[str, Rule] = field(default_factory=lambda: TEMPLATES)
    hints: bool = True


_WISH = Wish()


def offer(workload: Workload, place: Place, wish: Wish = _WISH, on_progress: OnProgress | None = None) -> Offers:
    """The rewrites of a workload that save enough. A statement that does not plan does not stop the others. Raises
    ConnectionFailed.
    """
    offers = Offers()
    for number, statement in enumerate(workload.statements):
        if on_progress:
            on_progress(number, len(workload.statements), statement.label)
        if is_query(statement):
            try:
                _look(statement, place, wish, offers)
            except ConnectionFailed:
                raise
            except ServerError as error:
                reason = execution.reason(error, place.planner.limits)
                offers.failed.append(Failed(statement.id, reason, statement.name))
    return offers


def is_query(statement: Statement) -> bool:
    """Whether it reads and does nothing else: others are not looked at."""
    tree = parse(statement.sql)
    changing = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into)
    return isinstance(tree, exp.Query) and tree.find(*changing) is None


def _look(statement: Statement, place: Place, wish: Wish, offers: Offers) -> None:
    facts, planner = place.facts, place.planner
    if not _has_pattern(statement, facts, wish):
        return
    statement = planner.typed(statement)
    offers.typed[statement.id, statement.sql] = statement
    tree = _tree(statement.sql)
    plans = planner.plans(statement)
    own = replace(statement, sql=text(tree))
    if not _is_printable(own, plans, planner):
        found = [*chain.steps(tree, facts, wish.rules), *chain.steps(tree, facts, wish.templates, templates=True)]
        rules = dict.fromkeys(step.rule for step in found)
        offers.refused += [Refused(statement.id, rule, _NOT_PRINTABLE, statement.name) for rule in rules]
    else:
        limit = planner.calls + wish.planner_calls
        result = chain.search(own.sql, facts, _asking(own, planner, limit), cost(plans), wish.rules)
        _take(statement, result, len(plans), wish, offers)
        _templates(statement, tree, place, wish, offers)
    _hints(statement, tree, cost(plans[:1]), place, wish, offers)


def _has_pattern(statement: Statement, facts: Facts, wish: Wish) -> bool:
    tree = _tree(statement.sql)
    if any(True for _ in chain.steps(tree, facts, wish.rules)):
        return True
    if any(True for _ in chain.steps(tree, facts, wish.templates, templates=True)):
        return True
    return wish.hints and any(True for _ in hints(Question.of(tree, facts)))


def _tree(sql: str) -> exp.Expr:
    tree = parse(sql)
    assert tree is not None  # noqa: S101 - asked before, or written from one
    return tree


def _is_printable(own: Statement, plans: tuple[Plan, ...], planner: Planner) -> bool:
    try:
        return are_same(planner.plans(own), plans)
    except ConnectionFailed:
        raise
    except ServerError:
        return False


def _asking(statement: Statement, planner: Planner, limit: int) -> chain.Cost:
    def asked(sql: str) -> float | None:
        return _cost(replace(statement, sql=sql), planner) if planner.calls < limit else None

    return asked


def _cost(statement: Statement, planner: Planner) -> float | None:
    try:
        return cost(planner.plans(statement))
    except ConnectionFailed:
        raise
    except ServerError:
        return None


def _take(statement: Statement, result: Found, sets: int, wish: Wish, offers: Offers) -> None:
    offers.refused += [_refused(statement, refusal) for refusal in result.refusals]
    own = result.forms[0]
    if result.best.rules and _is_enough(own.cost, result.best.cost, wish):
        offers.rewrites.append(_rewrite(statement, own.cost, result.best, sets))
        return
    tried = sorted(result.forms[1:], key=lambda form: (form.cost, len(form.rules)))
    if tried:
        offers.not_worthwhile.append(NotWorthwhile(statement.id, tried[0].rules, own.cost, tried[0].cost))


def _is_enough(before: float, after: float, wish: Wish) -> bool:
    return after <= before * (1 - wish.least_gain)


def _rewrite(statement: Statement, before: float, best: Form, sets: int) -> Rewrite:
    return Rewrite(
        id=statement.id,
        rules=best.rules,
        before_sql=statement.sql,
        after_sql=text(_tree(best.sql), pretty=True),
        cost_before=before,
        cost_after=best.cost,
        verified=False,
        evidence=_UNVERIFIED,
        name=statement.name,
        reasons=best.reasons,
        parameter_sets=sets,
    )


def _refused(statement: Statement, refusal: Refusal) -> Refused:
    return Refused(statement.id, refusal.rule, refusal.reason, statement.name)


# -- what is no equivalent statement -----------------------------------------------------------------------------------


def _templates(statement: Statement, tree: exp.Expr, place: Place, wish: Wish, offers: Offers) -> None:
    """Planned for unknown values on both sides: those of the new parameters are not known."""
    generic = replace(statement, parameters=())
    for step in chain.steps(tree, place.facts, wish.templates, templates=True):
        if isinstance(step, Refusal):
            offers.refused.append(_refused(statement, step))
            continue
        before = _cost(replace(generic, sql=text(tree)), place.planner)
        after = _cost(replace(generic, sql=step.sql), place.planner)
        if before is None or after is None:
            continue
        form = Form(step.sql, after, (step.rule,), (step.reason,))
        if _is_enough(before, after, wish):
            made = replace(_rewrite(statement, before, form, 1), kind="template", evidence=_TEMPLATE)
            offers.rewrites.append(made)
        else:
            offers.not_worthwhile.append(NotWorthwhile(statement.id, form.rules, before, after))


def _hints(statement: Statement, tree: exp.Expr, before: float, place: Place, wish: Wish, offers: Offers) -> None:
    if not wish.hints or any(one.id == statement.id and one.kind == "rewrite" for one in offers.rewrites):
        return
    for hint in hints(Question.of(tree, place.facts)):
        if isinstance(hint, Refuse):
            offers.refused.append(Refused(statement.id, HINT, str(hint), statement.name))
            continue
        tried = _tried(hint, statement, place)
        if isinstance(tried, str):
            offers.refused.append(Refused(statement.id, HINT, tried, statement.name))
        elif _is_enough(tried[0], tried[1], wish):
            form = Form(text(tree), tried[1], (HINT,), (f"an index on {hint.expression} serves the condition",))
            made = replace(_rewrite(statement, tried[0], form, 1), kind="hint", evidence=_HINT, index_sql=hint.sql)
            offers.rewrites.append(made)
        else:
            offers.not_worthwhile.append(NotWorthwhile(statement.id, (HINT,), *tried))
    del before


def _tried(hint: Hint, statement: Statement, place: Place) -> tuple[float, float] | str:
    """What the statement costs in a shadow without and with the index; why that cannot be said."""
    index = Index(hint.schema, hint.table, (Key(hint.expression, is_expression=True, sources=hint.columns),))
    try:
        asked = place.what_if()
        refused = asked.prepare([index])
        if refused:
            return f"the index cannot be tried: {refused[index]}"
        return asked.estimate(statement).cost, asked.estimate(statement, [index]).cost
    except ConnectionFailed:
        raise
    except DboptError as error:
        return f"the index cannot be tried: {error.message}"
