"""What a statement asks of each table: columns compared, joined, sorted and grouped by. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from dbopt.index.candidates.conditions import Comparison, comparisons
from dbopt.index.candidates.scopes import Bases, Block, Derived, Occurrence, Reader, is_star, name_of, nested_queries
from dbopt.index.model import Key
from dbopt.postgres.schema import Catalog, Relation


@dataclass
class Branch:
    """Conditions on one table that hold together: those of the AND level, and for each branch of an OR those beside
    it, the first being the AND level. Keys in the order in which the statement names them. `equal` to a value, or in
    `joins` to a column of another table.
    """

    equal: dict[Key, None] = field(default_factory=dict)
    joins: dict[Key, None] = field(default_factory=dict)
    ranges: dict[Key, None] = field(default_factory=dict)

    def copy(self) -> Branch:
        return Branch(dict(self.equal), dict(self.joins), dict(self.ranges))


@dataclass
class Need:
    """What a statement asks of one occurrence of a table. `orders` are sequences of keys whose order it can use;
    `referenced` is None where every column is needed, so that no index can cover it.
    """

    relation: Relation
    branches: list[Branch] = field(default_factory=lambda: [Branch()])
    orders: dict[tuple[Key, ...], None] = field(default_factory=dict)
    referenced: dict[str, None] | None = field(default_factory=dict)


def needs_of(tree: exp.Expression, catalog: Catalog) -> list[Need]:
    """The needs of a statement, one for each mention of a table that can have indexes."""
    reader = Reader(catalog)
    reader.read(tree)
    collector = _Collector(reader)
    for block in reader.blocks:
        collector.read(block)
    return [need for need in collector.needs.values() if need.relation.can_have_indexes]


class _Collector:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.needs: dict[Occurrence, Need] = {}

    def need(self, occurrence: Occurrence) -> Need:
        if occurrence not in self.needs:
            self.needs[occurrence] = Need(occurrence.relation)
            if occurrence.is_target:
                self.needs[occurrence].referenced = None
        return self.needs[occurrence]

    def read(self, block: Block) -> None:
        for source in block.sources.values():
            if isinstance(source, Occurrence):
                self.need(source)
        alternatives = []
        for condition in block.conditions:
            for comparison in comparisons(condition):
                if comparison.branches:
                    alternatives.append(comparison)
                else:
                    self._apply(comparison, block, None)
        for left, right in block.merged:
            self._equate(left + right)
        for comparison in alternatives:
            self._either(comparison, block)
        self._orders(block)
        self._references(block)

    # -- conditions -------------------------------------------------------------------------------------------------

    def _equate(self, bases: Bases) -> None:
        for occurrence, name in bases:
            self._add(occurrence, Key(name), "join", None)

    def _either(self, comparison: Comparison, block: Block) -> None:
        """An OR: for each of its branches a new set of conditions, on top of what holds anyway."""
        for branch in comparison.branches:
            fresh: dict[Occurrence, Branch] = {}
            for part in branch:
                self._apply(part, block, fresh)
            for occurrence, conditions in fresh.items():
                self.need(occurrence).branches.append(conditions)

    def _apply(self, comparison: Comparison, block: Block, fresh: dict[Occurrence, Branch] | None) -> None:
        own = [block.resolve(column) for column in comparison.columns]
        if comparison.kind == "sequence":
            self._sequence(own)
        others = self._tables_in(comparison.other, block)
        kind = "join" if comparison.kind == "equal" and (others or comparison.query is not None) else comparison.kind
        for bases in own:
            for occurrence, name in bases:
                if occurrence not in others:  # a.x = a.y: no index on a finds that
                    self._add(occurrence, comparison.key(occurrence.relation, name), kind, fresh)
        if comparison.query is not None:
            derived = self._reader.outputs.get(id(comparison.query), Derived())
            self._equate(tuple(base for _, bases in derived.outputs for base in bases))

    def _tables_in(self, expression: exp.Expression | None, block: Block) -> set[Occurrence]:
        columns = expression.find_all(exp.Column) if expression is not None else ()
        return {occurrence for column in columns for occurrence, _ in block.resolve(column)}

    def _sequence(self, own: list[Bases]) -> None:
        """(a, b) > (1, 2): an index on both, in that order, serves it."""
        firsts = [bases[0] for bases in own if len(bases) == 1]
        if len(firsts) == len(own) and len({occurrence for occurrence, _ in firsts}) == 1:
            self.need(firsts[0][0]).orders[tuple(Key(name) for _, name in firsts)] = None

    def _add(self, occurrence: Occurrence, key: Key | None, kind: str, fresh: dict[Occurrence, Branch] | None) -> None:
        """Add a key to all branches, or to a fresh one of an OR."""
        column = occurrence.relation.column(key.name) if key is not None else None
        if key is None or column is None or not column.indexable:
            return
        need = self.need(occurrence)
        branches = need.branches if fresh is None else [fresh.setdefault(occurrence, need.branches[0].copy())]
        for branch in branches:
            {"equal": branch.equal, "join": branch.joins}.get(kind, branch.ranges)[key] = None

    # -- orders -----------------------------------------------------------------------------------------------------

    def _orders(self, block: Block) -> None:
        node = block.node
        self._order(block, _ordered(node.args.get("order")))
        group = node.args.get("group")
        if group is not None:
            self._order(block, [(self._meant(expression, block), None) for expression in group.expressions])
        self._distinct(block)
        for part in _own_parts(node):
            if isinstance(part, exp.Window):
                wanted = [(expression, None) for expression in part.args.get("partition_by") or ()]
                self._order(block, [*wanted, *_ordered(part.args.get("order"))])
            elif isinstance(part, (exp.Min, exp.Max)):
                self._order(block, [(part.this, None)])
            elif isinstance(part, exp.Distinct) and isinstance(part.parent, exp.AggFunc):
                self._order(block, [(expression, None) for expression in part.expressions])

    def _distinct(self, block: Block) -> None:
        distinct = block.node.args.get("distinct")
        if isinstance(distinct, exp.Distinct):
            on = distinct.args.get("on")
            chosen = [on] if on is not None else block.node.expressions
            flat = [part for e in chosen for part in (e.expressions if isinstance(e, exp.Tuple) else [e])]
            self._order(block, [(e.this if isinstance(e, (exp.Alias, exp.Paren)) else e, None) for e in flat])

    def _order(self, block: Block, wanted: list[tuple[exp.Expression, exp.Ordered | None]]) -> None:
        """Take the leading columns that belong to one table: a sort by the rest is then incremental."""
        keys: list[Key] = []
        owner: Occurrence | None = None
        for expression, ordered in wanted:
            meant = self._meant(expression, block)
            bases = block.resolve(meant) if isinstance(meant, exp.Column) else ()
            if len(bases) != 1 or owner not in (None, bases[0][0]):
                break
            owner = bases[0][0]
            keys.append(_key(bases[0][1], ordered))
        if owner is not None:
            self.need(owner).orders[tuple(dict.fromkeys(keys))] = None

    def _meant(self, expression: exp.Expression, block: Block) -> exp.Expression:
        """ORDER BY 2 and ORDER BY total: what the output column of that number or name is made of."""
        outputs = block.node.expressions if isinstance(block.node, exp.Select) else []
        if isinstance(expression, exp.Literal) and not expression.is_string:
            number = int(expression.name) if expression.name.isdigit() else 0
            return _unaliased(outputs[number - 1]) if 0 < number <= len(outputs) else expression
        if isinstance(expression, exp.Column) and expression.args.get("table") is None:
            wanted = name_of(expression.this)
            named = [o for o in outputs if isinstance(o, exp.Alias) and name_of(o.args["alias"]) == wanted]
            return _unaliased(named[0]) if named else expression
        return expression

    # -- references -------------------------------------------------------------------------------------------------

    def _references(self, block: Block) -> None:
        if block.node.args.get("locks"):
            self._all(block, "")
        for part in _own_parts(block.node):
            if not isinstance(part, exp.Column):
                continue
            bases = block.resolve(part)
            if is_star(part) or (not bases and name_of(part.this) in block.sources):
                self._all(block, name_of(part.args.get("table")) or name_of(part.this))
            for occurrence, name in bases:
                self._reference(occurrence, name)
        if _reads_everything(block.node):
            self._all(block, "")
        for left, right in block.merged:
            for occurrence, name in left + right:
                self._reference(occurrence, name)

    def _reference(self, occurrence: Occurrence, name: str) -> None:
        referenced = self.need(occurrence).referenced
        if referenced is not None:
            referenced[name] = None

    def _all(self, block: Block, alias: str) -> None:
        for name, source in block.sources.items():
            if isinstance(source, Occurrence) and alias in ("", name):
                self.need(source).referenced = None


def _ordered(clause: exp.Expression | None) -> list[tuple[exp.Expression, exp.Ordered | None]]:
    if clause is None:
        return []
    return [(e.this, e) if isinstance(e, exp.Ordered) else (e, None) for e in clause.expressions]


def _key(name: str, ordered: exp.Ordered | None) -> Key:
    if ordered is None:
        return Key(name)
    descending = bool(ordered.args.get("desc"))
    nulls_first = ordered.args.get("nulls_first")
    unusual = nulls_first is not None and bool(nulls_first) != descending
    return Key(name, descending=descending, nulls_first=bool(nulls_first) if unusual else None)


def _reads_everything(node: exp.Expression) -> bool:
    """SELECT *, but not the one of EXISTS (SELECT * ...)."""
    selects = isinstance(node, exp.Select) and not isinstance(node.parent, exp.Exists)
    return selects and any(isinstance(expression, exp.Star) for expression in node.expressions)


def _unaliased(expression: exp.Expression) -> exp.Expression:
    inner: exp.Expression = expression.this if isinstance(expression, exp.Alias) else expression
    return inner


def _own_parts(node: exp.Expression) -> Iterator[exp.Expression]:
    """Every part of the block's own expressions: not of queries inside it, which are blocks themselves."""
    inner = {id(query) for query in nested_queries(node)}
    skipped = {id(node.args.get(name)) for name in ("with_", "from_")}
    stack = [child for child in node.iter_expressions() if id(child) not in skipped]
    while stack:
        part = stack.pop()
        if id(part) in inner or _is_source(part):
            continue
        yield part
        stack.extend(part.iter_expressions())


def _is_source(part: exp.Expression) -> bool:
    clauses = (exp.From, exp.Join, exp.Update, exp.Delete, exp.Merge)
    sources = (exp.Table, exp.Subquery, exp.Lateral)
    return isinstance(part, sources) and isinstance(part.parent, clauses) and part.arg_key != "on"
