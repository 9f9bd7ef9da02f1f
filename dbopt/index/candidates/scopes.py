"""Which table a column name means: a statement's query blocks with their sources, through aliases, subqueries, common
table expressions, set operations, LATERAL and views, down to the columns of tables. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from dbopt.postgres.schema import Catalog, Relation
from dbopt.workload.sql import identifier_name, parse

MAX_VIEW_DEPTH = 16


@dataclass(eq=False)
class Occurrence:
    """One mention of a table in a statement: a table joined with itself occurs twice. `is_alone`: with ONLY."""

    relation: Relation
    is_target: bool = False  # of UPDATE, DELETE or MERGE
    is_alone: bool = False


Bases = tuple[tuple[Occurrence, str], ...]


@dataclass(eq=False)
class Derived:
    """A source that is a query: its output columns by name, each as the table columns that it passes on. `outputs` are
    those of its first term while a recursive query is still being read; `computed` has what other outputs are made of,
    by their place.
    """

    outputs: list[tuple[str, Bases]] = field(default_factory=list)
    computed: dict[int, tuple[exp.Expression, Block]] = field(default_factory=dict)

    def find(self, name: str) -> Bases | None:
        found = [bases for output, bases in self.outputs if output == name]
        return found[0] if found else None

    def find_computed(self, name: str) -> tuple[exp.Expression, Block] | None:
        places = [place for place, (output, _) in enumerate(self.outputs) if output == name]
        return self.computed.get(places[0]) if places else None

    def renamed(self, names: list[str]) -> Derived:
        """With column aliases: `AS t (a, b)`."""
        kept = self.outputs[len(names) :]
        named = [(name, bases) for name, (_, bases) in zip(names, self.outputs, strict=False)]
        return Derived(named + kept, self.computed)


Source = Occurrence | Derived


@dataclass(eq=False)
class Block:
    """One query block (SELECT, UPDATE, DELETE, MERGE) with its sources by alias and the conditions of its joins."""

    node: exp.Expression
    parent: Block | None
    sources: dict[str, Source] = field(default_factory=dict)
    conditions: list[exp.Expression] = field(default_factory=list)
    merged: list[tuple[Bases, Bases]] = field(default_factory=list)  # columns equated by USING and NATURAL

    def resolve(self, column: exp.Column) -> Bases:
        """The table columns that this name stands for; none for a computed or an unknown one."""
        qualifier = name_of(column.args.get("table"))
        block: Block | None = self
        while block is not None:
            found = block.look_up(qualifier, name_of(column.this))
            if found is not None:
                return found
            block = block.parent
        return ()

    def places(self, column: exp.Column) -> frozenset[tuple[int, str]]:
        """The sources that this name may be of, each as its block and alias: two columns of one are of the same row."""
        qualifier = name_of(column.args.get("table"))
        block: Block | None = self
        while block is not None:
            if block.look_up(qualifier, name_of(column.this)) is not None:
                own = block.sources.items()
                held = (a for a, s in own if a == qualifier or (not qualifier and column_of(s, name_of(column.this))))
                return frozenset((id(block), alias) for alias in held)
            block = block.parent
        return frozenset()

    def expand(self, column: exp.Column) -> tuple[exp.Expression, Block] | None:
        """What a name stands for that a query below computes, and the block in whose words that is written."""
        found: tuple[exp.Expression, Block] | None = column, self
        for _ in range(MAX_VIEW_DEPTH):
            if found is None or not isinstance(found[0], exp.Column):
                break
            found = found[1].look_up_computed(found[0])
        return found

    def look_up_computed(self, column: exp.Column) -> tuple[exp.Expression, Block] | None:
        qualifier, name = name_of(column.args.get("table")), name_of(column.this)
        sources = self.sources.values() if not qualifier else filter(None, (self.sources.get(qualifier),))
        found = (source.find_computed(name) for source in sources if isinstance(source, Derived))
        return next(filter(None, found), None)

    def look_up(self, qualifier: str, name: str) -> Bases | None:
        if qualifier:
            source = self.sources.get(qualifier)
            return None if source is None else (column_of(source, name) or ())
        found = [bases for source in self.sources.values() if (bases := column_of(source, name)) is not None]
        return tuple(base for bases in found for base in bases) if found else None


def column_of(source: Source, name: str) -> Bases | None:
    if isinstance(source, Derived):
        return source.find(name)
    return ((source, name),) if source.relation.column(name) else None


def name_of(identifier: object) -> str:
    """The name as the catalog has it; empty where there is none."""
    return identifier_name(identifier) if isinstance(identifier, exp.Identifier) else ""


class Reader:
    """Reads one statement into `blocks`."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._view_depth = 0
        self.blocks: list[Block] = []
        self.outputs: dict[int, Derived] = {}  # of the queries inside expressions, by id of the node
        self._recursive: dict[int, tuple[Derived, list[str]]] = {}  # what they call themselves, by id of the node

    def read(self, tree: exp.Expression) -> None:
        self._query(tree, None, {})

    # -- queries ----------------------------------------------------------------------------------------------------

    def _query(self, node: exp.Expression, parent: Block | None, ctes: dict[str, Source]) -> Derived:
        visible = self._with(node, parent, ctes)
        if isinstance(node, (exp.Subquery, exp.Paren)):
            return self._query(node.this, parent, visible)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, parent, visible)
        if isinstance(node, exp.Select):
            return self._select(node, parent, visible)
        if isinstance(node, (exp.Update, exp.Delete, exp.Merge)):
            return self._modification(node, parent, visible)
        if isinstance(node, (exp.Insert, exp.Create)) and isinstance(node.args.get("expression"), exp.Query):
            return self._query(node.args["expression"], parent, visible)
        return Derived()

    def _with(self, node: exp.Expression, parent: Block | None, ctes: dict[str, Source]) -> dict[str, Source]:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        visible = dict(ctes)
        for cte in clause.expressions:
            name = name_of(cte.args["alias"].this)
            itself = Derived()
            if clause.args.get("recursive"):
                visible[name] = itself
                self._recursive[id(cte.this)] = itself, _alias_columns(cte)
            result = self._query(cte.this, parent, visible).renamed(_alias_columns(cte))
            itself.outputs = result.outputs
            visible[name] = result
        return visible

    def _set_operation(self, node: exp.SetOperation, parent: Block | None, ctes: dict[str, Source]) -> Derived:
        left = self._query(node.this, parent, ctes)
        if id(node) in self._recursive:  # the term that is read next sees what the first one yields
            itself, names = self._recursive[id(node)]
            itself.outputs = left.renamed(names).outputs
        right = self._query(node.expression, parent, ctes)
        if len(left.outputs) != len(right.outputs):
            return left
        pairs = zip(left.outputs, right.outputs, strict=True)
        return Derived([(name, one + other) for (name, one), (_, other) in pairs])

    def _select(self, node: exp.Select, parent: Block | None, ctes: dict[str, Source]) -> Derived:
        block = self._block(node, parent)
        from_clause = node.args.get("from_")
        if from_clause is not None:
            self._source(from_clause.this, block, ctes)
        self._joins(node, block, ctes)
        if (where := node.args.get("where")) is not None:
            block.conditions.append(where.this)
        self._nested(node, block, ctes)
        return self._outputs(node.expressions, block)

    def _modification(self, node: exp.Expression, parent: Block | None, ctes: dict[str, Source]) -> Derived:
        block = self._block(node, parent)
        self._source(node.this, block, ctes)
        for source in block.sources.values():
            if isinstance(source, Occurrence):
                source.is_target = True
        using = node.args.get("using") or []
        from_clause = node.args.get("from_")
        for other in [*(using if isinstance(using, list) else [using]), *([from_clause.this] if from_clause else [])]:
            self._source(other, block, ctes)
        self._joins(node, block, ctes)
        where = node.args.get("where")
        block.conditions += [where.this] if where is not None else []
        block.conditions += [node.args["on"]] if node.args.get("on") is not None else []
        self._nested(node, block, ctes)
        returning = node.args.get("returning")
        return self._outputs(returning.expressions, block) if returning is not None else Derived()

    def _block(self, node: exp.Expression, parent: Block | None) -> Block:
        block = Block(node, parent)
        self.blocks.append(block)
        return block

    def _nested(self, node: exp.Expression, block: Block, ctes: dict[str, Source]) -> None:
        """The queries inside the block's expressions: EXISTS, IN, scalar."""
        for query in nested_queries(node):
            self.outputs[id(query)] = self._query(query, block, ctes)

    def _outputs(self, expressions: list[exp.Expression], block: Block) -> Derived:
        result = Derived()
        for expression in expressions:
            if is_star(expression):
                wanted = name_of(expression.args.get("table"))
                for alias, source in block.sources.items():
                    if not wanted or alias == wanted:
                        result.outputs += _all_columns(source)
                continue
            inner = expression.this if isinstance(expression, exp.Alias) else expression
            bases = block.resolve(inner) if isinstance(inner, exp.Column) else ()
            if not bases:
                result.computed[len(result.outputs)] = inner, block
            result.outputs.append((_output_name(expression), bases))
        return result

    # -- sources ----------------------------------------------------------------------------------------------------

    def _source(self, node: exp.Expression, block: Block, ctes: dict[str, Source]) -> None:
        if isinstance(node, exp.Lateral):
            self._derived(node, node.this, block, ctes)
        elif isinstance(node, (exp.Subquery, exp.Paren)):
            if isinstance(node.this, (exp.Table, exp.Subquery, exp.Paren)) and not _alias(node):
                self._source(node.this, block, ctes)
            else:
                self._derived(node, node.this, block, ctes)
        elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            self._table(node, block, ctes)
        self._joins(node, block, ctes)

    def _derived(self, node: exp.Expression, query: exp.Expression, block: Block, ctes: dict[str, Source]) -> None:
        result = self._query(query, block, ctes).renamed(_alias_columns(node))
        block.sources[_alias(node) or f" {len(block.sources)}"] = result

    def _table(self, node: exp.Table, block: Block, ctes: dict[str, Source]) -> None:
        name, schema = name_of(node.this), name_of(node.args.get("db"))
        alias = _alias(node) or name
        source = ctes.get(name) if not schema else None
        if source is None:
            relation = self._catalog.find(schema or None, name)
            is_alone = bool(node.args.get("only"))
            source = self._relation(relation, is_alone=is_alone) if relation is not None else Derived()
        columns = _alias_columns(node)
        block.sources[alias] = _as_derived(source).renamed(columns) if columns else source

    def _relation(self, relation: Relation, *, is_alone: bool) -> Source:
        if relation.kind != "v":
            return Occurrence(relation, is_alone=is_alone)
        tree = parse(relation.definition or "") if self._view_depth < MAX_VIEW_DEPTH else None
        if tree is None:
            return Derived()
        self._view_depth += 1
        result = self._query(tree, None, {})
        self._view_depth -= 1
        return result.renamed([column.name for column in relation.columns])

    def _joins(self, node: exp.Expression, block: Block, ctes: dict[str, Source]) -> None:
        for join in node.args.get("joins") or ():
            before = dict(block.sources)
            self._source(join.this, block, ctes)
            if join.args.get("on") is not None:
                block.conditions.append(join.args["on"])
            added = [source for alias, source in block.sources.items() if alias not in before]
            names = [name_of(identifier) for identifier in join.args.get("using") or ()]
            if (join.args.get("method") or "").upper() == "NATURAL":
                names = [name for source in added for name, _ in _all_columns(source)]
            self._merge(block, names, list(before.values()), added)

    def _merge(self, block: Block, names: list[str], left: list[Source], right: list[Source]) -> None:
        for name in names:
            ours = [bases for source in left if (bases := column_of(source, name))]
            theirs = [bases for source in right if (bases := column_of(source, name))]
            if ours and theirs:
                block.merged.append((ours[-1], theirs[0]))


def nested_queries(node: exp.Expression) -> Iterator[exp.Expression]:
    """The queries that stand in the block's own expressions, outermost first, not those of FROM, WITH and joins."""
    for name, value in node.args.items():
        if name in ("with_", "from_", "using"):
            continue
        if name == "joins":
            for join in value or ():
                yield from _queries_below(join.args.get("on"))
            continue
        for child in value if isinstance(value, list) else [value]:
            yield from _queries_below(child)


def _queries_below(node: object) -> Iterator[exp.Expression]:
    if not isinstance(node, exp.Expression) or isinstance(node, exp.Table):
        return
    if isinstance(node, (exp.Select, exp.SetOperation)):
        yield node
        return
    for child in node.iter_expressions():
        yield from _queries_below(child)


def is_star(expression: exp.Expression) -> bool:
    return isinstance(expression, exp.Star) or (
        isinstance(expression, exp.Column) and isinstance(expression.this, exp.Star)
    )


def _all_columns(source: Source) -> list[tuple[str, Bases]]:
    if isinstance(source, Derived):
        return source.outputs
    return [(column.name, ((source, column.name),)) for column in source.relation.columns]


def _as_derived(source: Source) -> Derived:
    return source if isinstance(source, Derived) else Derived(list(_all_columns(source)))


def _output_name(expression: exp.Expression) -> str:
    if isinstance(expression, exp.Alias):
        return name_of(expression.args["alias"])
    return name_of(expression.this) if isinstance(expression, exp.Column) else ""


def _alias(node: exp.Expression) -> str:
    alias = node.args.get("alias")
    return name_of(alias.this) if isinstance(alias, exp.TableAlias) else ""


def _alias_columns(node: exp.Expression) -> list[str]:
    alias = node.args.get("alias")
    return [name_of(c) for c in alias.args.get("columns") or ()] if isinstance(alias, exp.TableAlias) else []
