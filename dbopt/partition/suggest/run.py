"""Which tables of a workload should be partitioned: candidates, tried in a shadow, and a verdict on each table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from dbopt.errors import ConnectionFailed, NothingToDo, ServerError, UsageError
from dbopt.partition.interval import Interval
from dbopt.partition.interval import parse as parse_interval
from dbopt.partition.suggest import judge, layout, twin
from dbopt.partition.suggest.advice import NotPlanned, Obstacle, PartitionAdvice, TableAdvice, Tried
from dbopt.partition.suggest.candidates import LARGE_TIMES, Key, Wish, is_identifier, keys_of, wished_column
from dbopt.partition.suggest.judge import Outcome, Verdict
from dbopt.partition.suggest.layout import Layout
from dbopt.partition.suggest.obstacles import Property, obstacles
from dbopt.partition.suggest.spread import Statistics, spread_of
from dbopt.partition.suggest.trial import NOTICEABLE, Before, before, try_layout
from dbopt.partition.suggest.uses import Use, uses_of
from dbopt.postgres.catalog import read_catalog
from dbopt.postgres.identifiers import qualified
from dbopt.postgres.schema import Catalog, Relation
from dbopt.postgres.session import Row, Session
from dbopt.shadow.what_if import ShadowWhatIf
from dbopt.workload.model import Workload
from dbopt.workload.parameters import with_parameters

LEAST_BYTES = 2**30  # of a partition, on average: not tiny
MIN_BYTES = layout.LEAST_PARTITIONS * LEAST_BYTES

OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Asked:
    """`tables` as they were written, none for all that the workload touches; `keep` goes for each of them, `wishes` for
    tables by name; `step` is the interval to take.
    """

    tables: tuple[str, ...] = ()
    keep: str | None = None
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    min_bytes: int = MIN_BYTES
    step: Interval | int | None = None


@dataclass(frozen=True)
class _Place:
    """The shadow, and what is known of it. `catalog` has the whole sizes of tables, with indexes and TOAST; `planned`
    are statements by id, with the reason where one does not plan.
    """

    what_if: ShadowWhatIf
    session: Session
    catalog: Catalog
    asked: Asked
    planned: dict[str, Before | str] = field(default_factory=dict)

    def before(self, uses: Sequence[Use]) -> list[Before]:
        """The statements that plan on the tables as they are; each is planned once."""
        for use in uses:
            if use.statement.id not in self.planned:
                self.planned[use.statement.id] = before(self.what_if, use.statement)
        found = (self.planned[use.statement.id] for use in uses)
        return [one for one in found if isinstance(one, Before)]


def suggest(
    workload: Workload,
    what_if: ShadowWhatIf,
    asked: Asked,
    *,
    snapshot_name: str | None = None,
    on_progress: OnProgress | None = None,
) -> PartitionAdvice:
    """Advice on every table that is asked about. Statements without values get some from the statistics.
    Deterministic. Raises UsageError for a table that is not there, NothingToDo where there is none at all.
    """
    tell = on_progress or (lambda *_: None)
    with what_if.shadow.connect() as session:
        catalog = _with_whole_sizes(read_catalog(session), session)
        place = _Place(what_if, session, replace(catalog, server_version=_source_version(what_if)), asked)
        filled, _ = with_parameters(session, workload, observed=False)
        uses = uses_of(filled.statements, catalog)
        wishes = _wishes(asked, catalog)
        relations = _relations(asked, catalog, uses, wishes)
        advice = []
        for number, relation in enumerate(relations):
            tell(number, len(relations), relation.name)
            advice.append(_advise(place, relation, uses.get(relation.key, []), wishes.get(relation.key)))
    return PartitionAdvice(
        server_version=what_if.shadow.snapshot.server_version,
        snapshot=snapshot_name,
        min_size_bytes=asked.min_bytes,
        planner_calls=what_if.planner_calls,
        tables=tuple(sorted(advice, key=lambda one: (one.verdict != "yes", -one.bytes, one.table))),
        not_planned=tuple(NotPlanned(id_, why) for id_, why in place.planned.items() if isinstance(why, str)),
    )


def _source_version(what_if: ShadowWhatIf) -> int:
    """As PostgreSQL numbers it, of the server that the snapshot is of."""
    major = what_if.shadow.snapshot.server_version.split(".")[0]
    return int(major) * 10000 if major.isdigit() else 180000


def _with_whole_sizes(catalog: Catalog, session: Session) -> Catalog:
    """The catalog, with what indexes and TOAST take in the tables' sizes."""
    toast = {(row["schema"], row["name"]): row["bytes"] for row in session.rows("catalog/toast")}
    whole = {
        one.key: one.bytes + toast.get(one.key, 0) + sum(index.size_bytes for index in catalog.indexes_of(one))
        for one in catalog.relations
        if one.kind == "r"
    }
    sizes = {one.key: sum(whole.get(leaf.key, 0) for leaf in catalog.partitions_of(one)) for one in catalog.relations}
    relations = tuple(replace(one, bytes=sizes[one.key]) if one.kind in "rp" else one for one in catalog.relations)
    return replace(catalog, relations=relations)


# -- which tables -----------------------------------------------------------------------------------------------------


def _wishes(asked: Asked, catalog: Catalog) -> dict[tuple[str, str], Wish]:
    found = {relation.key: wish for name, wish in asked.wishes.items() if (relation := catalog.resolve(name))}
    if asked.keep is None:
        return found
    return {
        relation.key: Wish(asked.keep, found[relation.key].control if relation.key in found else None, "--keep")
        for relation in catalog.relations
    }


def _relations(
    asked: Asked,
    catalog: Catalog,
    uses: Mapping[tuple[str, str], Sequence[Use]],
    wishes: Mapping[tuple[str, str], Wish],
) -> list[Relation]:
    if asked.tables:
        return list(dict.fromkeys(_named(name, catalog) for name in asked.tables))
    archived = [] if asked.keep is not None else list(wishes)
    keys = dict.fromkeys([*uses, *archived])
    touched = [catalog.find(*key) for key in keys]
    found = [one for one in touched if one is not None and one.kind in "rp" and not one.is_partition]
    if not found:
        raise NothingToDo(
            "the workload touches no table of this database", hint="was the workload captured from this database?"
        )
    return found


def _named(name: str, catalog: Catalog) -> Relation:
    relation = catalog.resolve(name)
    if relation is None or relation.kind not in "rp":
        raise UsageError(f"--table {name}: there is no such table")
    return relation


# -- one table --------------------------------------------------------------------------------------------------------


def _advise(place: _Place, relation: Relation, uses: Sequence[Use], wish: Wish | None) -> TableAdvice:
    refused = _refused_at_once(place, relation, uses, wish)
    if refused is not None:
        return _advice(relation, refused)
    questions = place.before(uses)
    is_large = relation.bytes >= LARGE_TIMES * place.asked.min_bytes
    keys, out = keys_of(relation, uses, wish, is_large=is_large)
    others = [Tried(name, None, None, None, reason) for name, reason in out.items()]
    if not keys:
        why = "key_updated" if out else "no_key"
        reason = "; ".join(f"{name}: {text}" for name, text in out.items())
        reason = reason or "no statement has a condition on a column that could be a key, and nobody wishes rows to go"
        return _advice(relation, Verdict("no", why, reason), others=others)
    outcomes = _outcomes(place, relation, keys, wish, questions, others)
    if not outcomes:
        reason = "; ".join(
            f"{one.control}{f' by {one.strategy}' if one.strategy else ''}: {one.reason}" for one in others
        )
        return _advice(relation, Verdict("no", "no_key", reason), others=others)
    return _judged(place, relation, uses, wish, outcomes, others)


def _refused_at_once(place: _Place, relation: Relation, uses: Sequence[Use], wish: Wish | None) -> Verdict | None:
    if relation.kind == "p":
        return Verdict("no", "partitioned", "it is partitioned already: dbopt partition list shows it")
    if relation.is_partition:
        parent = place.catalog.root_of(relation)
        return Verdict("no", "partition", f"it is a partition of {parent.sql_name}")
    kin = [*relation.inherits, *(heir.key for heir in place.catalog.heirs_of(relation))]
    if kin:
        names = ", ".join(qualified(*key) for key in kin)
        return Verdict(
            "no", "inheritance", f"it shares rows by inheritance with {names}, which a partitioned one cannot"
        )
    unknown = place.what_if.shadow.why_refused(*relation.key)
    if unknown is not None:
        return Verdict("no", "unknown", unknown)
    is_wished = wish is not None or any(use.deletes_by for use in uses)
    if judge.is_small(relation, place.asked.min_bytes, is_wished=is_wished):
        return judge.small(relation, place.asked.min_bytes)
    if relation.rows < 0:
        return Verdict("no", "unknown", f"it was never analysed: ANALYZE {relation.sql_name}")
    return None


def _outcomes(
    place: _Place,
    relation: Relation,
    keys: Sequence[Key],
    wish: Wish | None,
    questions: Sequence[Before],
    others: list[Tried],
) -> list[Outcome]:
    """What was tried; keys for which that could not be are added to the others."""
    statistics, rows = twin.read_statistics(place.session, relation)
    found = []
    for key in keys:
        try:
            made = _layout(place, relation, key, wish, statistics.get(key.column), place.asked.step)
            if isinstance(made, Layout):
                again = partial(_layout, place, relation, key, wish, statistics[key.column])
                found.append(_best_step(place, relation, made, again, rows[key.column], questions))
                continue
            reason = made
        except ConnectionFailed:
            raise
        except (ServerError, UsageError) as error:  # what PostgreSQL refuses, and an interval that does not fit
            reason = error.message
        others.append(Tried(key.column, key.strategy, None, None, reason))
    return found


def _best_step(
    place: _Place,
    relation: Relation,
    made: Layout,
    again: Callable[[Interval | int], Layout | str],
    row: Row,
    questions: Sequence[Before],
) -> Outcome:
    """The layout tried; where no interval was asked for, a shorter one in its place as long as that costs less."""
    outcome = _tried(place, relation, made, row, questions)
    least = min(LEAST_BYTES, place.asked.min_bytes / layout.LEAST_PARTITIONS)
    while outcome.proposal.pruning and outcome.layout.next_step is not None and place.asked.step is None:
        finer = again(outcome.layout.next_step)
        if not isinstance(finer, Layout) or relation.bytes / finer.full < least:
            break
        other = _tried(place, relation, finer, row, questions)
        if other.proposal.cost_after > outcome.proposal.cost_after * (1 - NOTICEABLE):
            break
        outcome = other
    return outcome


def _layout(
    place: _Place,
    relation: Relation,
    key: Key,
    wish: Wish | None,
    statistics: Statistics | None,
    step: Interval | int | None,
) -> Layout | str:
    """The layout, or why there is none."""
    if statistics is None:
        return f"nothing is known of its values: ANALYZE {relation.sql_name}"
    if key.strategy == "list":
        return layout.by_list(statistics) or "its values are many, or not all known"
    if key.strategy == "hash":
        return layout.by_hash(statistics, relation.bytes) or "its values are too few, or too unequal"
    spread = spread_of(statistics, is_identifier=is_identifier(relation, key.column, place.catalog))
    if spread is None:
        return "its values cannot be counted"
    if step is not None and spread.kind.is_time is not isinstance(step, Interval):
        return f"--interval {step} does not go with a key of kind {spread.kind}"
    is_wished = wish is not None and key.column == wished_column(relation, wish)
    keep = parse_interval(wish.keep) if wish is not None and is_wished else None
    return layout.by_range(key.column, spread, relation.bytes, keep=keep, step=step) or "its values lie close together"


def _tried(place: _Place, relation: Relation, made: Layout, row: Row, questions: Sequence[Before]) -> Outcome:
    source = twin.source_of(place.session, relation, place.catalog, row)
    changes = try_layout(place.what_if, source, made, questions)
    return Outcome(made, judge.proposal(made, relation, changes))


def _judged(
    place: _Place,
    relation: Relation,
    uses: Sequence[Use],
    wish: Wish | None,
    outcomes: Sequence[Outcome],
    others: Sequence[Tried],
) -> TableAdvice:
    wishes = {id(one): judge.retention(relation, one.layout, _wish_for(one, relation, wish), uses) for one in outcomes}
    wanted = next((one.layout.control for one in outcomes if wishes[id(one)] is not None), None)
    chosen = judge.best(outcomes, wanted)
    found = judge.verdict(chosen, relation, wishes[id(chosen)], place.asked.min_bytes)
    rest = [judge.in_short(one) for one in outcomes if one is not chosen]
    advice = _advice(relation, found, others=[*rest, *others])
    properties = place.session.rows("partition/unpartitionable", table=relation.sql_name)
    in_the_way = _obstacles(place, relation, chosen.layout.control, properties)
    return replace(
        advice,
        command=judge.command(relation, chosen.proposal, in_the_way) if found.verdict == "yes" else None,
        proposal=chosen.proposal,
        retention=wishes[id(chosen)],
        obstacles=in_the_way,
    )


def _wish_for(outcome: Outcome, relation: Relation, wish: Wish | None) -> Wish | None:
    return wish if outcome.layout.control == wished_column(relation, wish) else None


def _obstacles(place: _Place, relation: Relation, control: str, rows: Sequence[Row]) -> tuple[Obstacle, ...]:
    properties = [Property(row["kind"], row["name"], tuple(row["columns"])) for row in rows]
    return obstacles(relation, control, place.catalog, properties)


def _advice(relation: Relation, found: Verdict, others: Sequence[Tried] = ()) -> TableAdvice:
    return TableAdvice(
        table=relation.sql_name,
        rows=round(max(relation.rows, 0.0)),
        bytes=relation.bytes,
        verdict=found.verdict,
        why=found.why,
        reason=found.reason,
        others=tuple(others),
    )
