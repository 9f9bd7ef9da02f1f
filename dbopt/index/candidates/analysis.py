"""What a statement asks of each table: columns compared, joined, sorted and grouped by. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from dbopt.index.candidates import operators
from dbopt.index.candidates.conditions import Comparison, comparisons
from dbopt.index.candidates.expressions import is_key, rendered, type_of
from dbopt.index.candidates.needs import Branch, Need, Search, is_sortable
from dbopt.index.candidates.predicates import predicates
from dbopt.index.candidates.scopes import Bases, Block, Derived, Occurrence, Reader, is_star, name_of, nested_queries
from dbopt.index.model import Key
from dbopt.postgres.schema import Catalog, Relation

_MOST_HEIRS = 32


def needs_of(tree: exp.Expression, catalog: Catalog) -> list[Need]:
    """The needs of a statement, one for each mention of a table that can have indexes."""
    reader = Reader(catalog)
    reader.read(tree)
    collector = _Collector(reader)
    for block in reader.blocks:
        collector.read(block)
    every = (need for own in collector.needs.items() for need in _inherited(*own, catalog))
    return [need for need in every if need.relation.can_have_indexes]


def _inherited(occurrence: Occurrence, need: Need, catalog: Catalog) -> Iterator[Need]:
    """The need, and the same of the tables that inherit: an index on one holds no row of another. Where there are many,
    of the largest.
    """
    yield need
    if not occurrence.is_alone:
        heirs = sorted(catalog.heirs_of(need.relation), key=lambda heir: (-heir.bytes, heir.key))
        yield from (replace(need, relation=heir) for heir in heirs[:_MOST_HEIRS])


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
            for found, predicate in predicates(condition, block):
                self.need(found.owner).predicates[predicate] = None
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
        others = self._of_same_row(comparison, block)
        is_join = comparison.query is not None or self._reads_others(comparison.other, block)
        kind = "join" if comparison.kind == "equal" and is_join else comparison.kind
        for bases in own:
            for occurrence, name in bases:
                if occurrence in others:  # a.x = a.y: no index on a finds that
                    continue
                if comparison.is_strict and fresh is None:
                    self.need(occurrence).strict[name] = None
                if kind == "search":
                    self._search(occurrence, Key(name), _type(occurrence.relation, name), comparison.operator, fresh)
                else:
                    self._add(occurrence, comparison.key(occurrence.relation, name), kind, fresh)
        for expression, inner in self._expressions(comparison, block):
            self._apply_expression(comparison, expression, kind, others, inner, fresh)
        if comparison.query is not None:
            derived = self._reader.outputs.get(id(comparison.query), Derived())
            self._equate(tuple(base for _, bases in derived.outputs for base in bases))

    def _expressions(self, comparison: Comparison, block: Block) -> Iterator[tuple[exp.Expression, Block]]:
        """What is compared that is no column of a table: an expression, or a column that a query below computes."""
        if comparison.expression is not None:
            yield comparison.expression, block
        for column in comparison.columns if comparison.kind != "sequence" else ():
            found = block.expand(column) if not block.resolve(column) else None
            if found is not None and is_key(found[0]):
                yield found

    def _apply_expression(
        self,
        comparison: Comparison,
        expression: exp.Expression,
        kind: str,
        others: set[Occurrence],
        block: Block,
        fresh: dict[Occurrence, Branch] | None,
    ) -> None:
        found = rendered(expression, block)
        if found is None or found.owner in others:
            return
        if kind == "search":
            key = Key(found.sql, is_expression=True, sources=found.columns)
            self._search(found.owner, key, type_of(expression), comparison.operator, fresh)
        else:
            self._add(found.owner, comparison.key_over(found), kind, fresh)

    def _tables_in(self, expression: exp.Expression | None, block: Block) -> set[Occurrence]:
        columns = expression.find_all(exp.Column) if expression is not None else ()
        return {occurrence for column in columns for occurrence, _ in block.resolve(column)}

    def _of_same_row(self, comparison: Comparison, block: Block) -> set[Occurrence]:
        """The tables of the row that is compared from which the other side is read as well. A recursive query joins a
        table with rows that came from it: those are others.
        """
        side = comparison.expression
        columns = (*comparison.columns, *(side.find_all(exp.Column) if side is not None else ()))
        own = {place for column in columns for place in block.places(column)}
        other = comparison.other.find_all(exp.Column) if comparison.other is not None else ()
        same = (column for column in other if not own.isdisjoint(block.places(column)))
        return {occurrence for column in same for occurrence, _ in block.resolve(column)}

    def _reads_others(self, expression: exp.Expression | None, block: Block) -> bool:
        """Whether it is read from a table or query, even where it is not known what the query's column is made of."""
        columns = expression.find_all(exp.Column) if expression is not None else ()
        return any(block.places(column) for column in columns)

    def _sequence(self, own: list[Bases]) -> None:
        """(a, b) > (1, 2): an index on both, in that order, serves it."""
        firsts = [bases[0] for bases in own if len(bases) == 1]
        if len(firsts) == len(own) and len({occurrence for occurrence, _ in firsts}) == 1:
            self.need(firsts[0][0]).orders[tuple(Key(name) for _, name in firsts)] = None

    def _add(self, occurrence: Occurrence, key: Key | None, kind: str, fresh: dict[Occurrence, Branch] | None) -> None:
        """Add a key to all branches, or to a fresh one of an OR."""
        if key is None or not is_sortable(key, occurrence.relation):
            return
        for branch in self._branches(occurrence, fresh):
            {"equal": branch.equal, "join": branch.joins}.get(kind, branch.ranges)[key] = None

    def _search(
        self, occurrence: Occurrence, key: Key, type_: str, operator: str, fresh: dict[Occurrence, Branch] | None
    ) -> None:
        for branch in self._branches(occurrence, fresh):
            branch.searches[Search(operator, key, type_)] = None

    def _branches(self, occurrence: Occurrence, fresh: dict[Occurrence, Branch] | None) -> list[Branch]:
        need = self.need(occurrence)
        return need.branches if fresh is None else [fresh.setdefault(occurrence, need.branches[0].copy())]

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
        """Take the leading keys that belong to one table: a sort by the rest is then incremental."""
        keys: list[Key] = []
        owner: Occurrence | None = None
        for place, (expression, ordered) in enumerate(wanted):
            meant = self._meant(expression, block)
            if place == 0:
                self._nearest(meant, block)
            found = self._sorted_by(meant, block)
            if found is None or owner not in (None, found[0]):
                break
            owner = found[0]
            keys.append(_directed(found[1], ordered))
        if owner is not None:
            self.need(owner).orders[tuple(dict.fromkeys(keys))] = None

    def _sorted_by(self, expression: exp.Expression, block: Block) -> tuple[Occurrence, Key] | None:
        """The one table and the key that this is."""
        if isinstance(expression, exp.Column):
            bases = block.resolve(expression)
            if bases:
                return (bases[0][0], Key(bases[0][1])) if len(bases) == 1 else None
            expression, block = block.expand(expression) or (expression, block)
        found = rendered(expression, block) if is_key(expression) else None
        if found is None:
            return None
        return found.owner, Key(found.sql, is_expression=True, sources=found.columns)

    def _nearest(self, expression: exp.Expression, block: Block) -> None:
        """ORDER BY place <-> $1"""
        for side, operator, other in operators.sides(expression):
            if self._tables_in(other, block) or not operators.is_distance(operator):
                continue
            if isinstance(side, exp.Column):
                for occurrence, name in block.resolve(side):
                    type_ = _type(occurrence.relation, name)
                    self.need(occurrence).nearest[Search(operator, Key(name), type_)] = None
            elif is_key(side) and (found := rendered(side, block)) is not None:
                key = Key(found.sql, is_expression=True, sources=found.columns)
                self.need(found.owner).nearest[Search(operator, key, type_of(side))] = None

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
            referenced[name] += 1

    def _all(self, block: Block, alias: str) -> None:
        for name, source in block.sources.items():
            if isinstance(source, Occurrence) and alias in ("", name):
                self.need(source).referenced = None


def _ordered(clause: exp.Expression | None) -> list[tuple[exp.Expression, exp.Ordered | None]]:
    if clause is None:
        return []
    return [(e.this, e) if isinstance(e, exp.Ordered) else (e, None) for e in clause.expressions]


def _directed(key: Key, ordered: exp.Ordered | None) -> Key:
    if ordered is None:
        return key
    descending = bool(ordered.args.get("desc"))
    nulls_first = ordered.args.get("nulls_first")
    unusual = nulls_first is not None and bool(nulls_first) != descending
    return replace(key, descending=descending, nulls_first=bool(nulls_first) if unusual else None)


def _type(relation: Relation, name: str) -> str:
    column = relation.column(name)
    return column.type if column is not None else ""


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
