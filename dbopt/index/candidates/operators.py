"""Operators that no b-tree serves, and the access methods and operator classes that do. Pure.

What PostgreSQL's documentation lists as built-in operator classes of GIN, GiST and SP-GiST, and those of pg_trgm,
ltree, hstore, btree_gin and btree_gist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from dbopt.postgres.schema import Catalog

_CONTAINMENT = frozenset(("@>", "<@", "&&"))
_RANGE = frozenset(("@>", "<@", "&&", "<<", ">>", "&<", "&>", "-|-"))
_PLANE = frozenset(("@>", "<@", "&&", "<<", ">>", "&<", "&>", "~=", "<<|", "|>>", "&<|", "|&>"))
_NETWORK = frozenset(("<<", "<<=", ">>", ">>=", "&&"))
_PATTERN = frozenset(("~~", "~~*", "~", "~*"))
_SIMILAR = frozenset(("%", "<%", "%>", "<<%", "%>>"))
_DISTANCE = frozenset(("<->", "<<->", "<->>", "<<<->", "<->>>"))
_EXISTENCE = frozenset(("?", "?|", "?&"))
_PATHS = frozenset(("@?", "@@"))
_COMMUTATORS = {"@>": "<@", "<@": "@>", "<<": ">>", ">>": "<<", "<<=": ">>=", ">>=": "<<=", "<<|": "|>>", "|>>": "<<|"}
_SYMMETRIC = frozenset(("&&", "-|-", "~=", "%", *_DISTANCE))
_OPERATORS: dict[type[exp.Expression], str] = {
    exp.ArrayContainsAll: "@>",
    exp.ArrayContainedBy: "<@",
    exp.ArrayOverlaps: "&&",
    exp.JSONBContains: "?",
    exp.JSONBContainsTopKey: "?",
    exp.JSONBContainsAnyTopKeys: "?|",
    exp.JSONBContainsAllTopKeys: "?&",
    exp.JSONBPathExists: "@?",
    exp.Adjacent: "-|-",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.ExtendsLeft: "&<",
    exp.ExtendsRight: "&>",
    exp.Mod: "%",
    exp.Like: "~~",
    exp.ILike: "~~*",
    exp.RegexpLike: "~",
    exp.RegexpILike: "~*",
    exp.Distance: "<->",
}


@dataclass(frozen=True)
class Access:
    """An access method with the operator class that it needs; None is the type's default. `companions` are whether
    plain columns may stand before it (btree_gin, btree_gist are installed).
    """

    method: str
    opclass: str | None = None
    companions: bool = False


def sides(node: exp.Expression) -> Iterator[tuple[exp.Expression, str, exp.Expression]]:
    """What stands left of an operator of the table above, the operator, and what stands right; and turned round."""
    if node.args.get("negate"):
        return
    if isinstance(node, exp.MatchAgainst):
        yield from ((left, "@@", node.this) for left in node.expressions[:1])
        yield from ((node.this, "@@", left) for left in node.expressions[:1])
        return
    operator = node.args.get("operator") if isinstance(node, exp.Operator) else _OPERATORS.get(type(node))
    if not isinstance(operator, str):
        return
    operator = operator.rpartition(".")[2]
    yield node.this, operator, node.expression
    if operator in _SYMMETRIC or operator in _COMMUTATORS:
        yield node.expression, _COMMUTATORS.get(operator, operator), node.this


def is_distance(operator: str) -> bool:
    """Whether it says how far two values are apart, so that ORDER BY finds the nearest."""
    return operator in _DISTANCE


def accesses(operator: str, type_: str, catalog: Catalog) -> Iterator[Access]:
    """The ways in which an index serves `column operator constant` for a column of that type."""
    for rule in _RULES.get(_family(type_), ()):
        opclass = rule.opclass
        if operator not in rule.operators:
            continue
        if rule.extension:
            opclass = catalog.in_extension(rule.extension, rule.opclass or "")
            if opclass is None:
                continue
            opclass = opclass if rule.opclass else None
        yield Access(rule.method, opclass, catalog.in_extension(f"btree_{rule.method}", "") is not None)


def extension_for(operator: str, type_: str) -> str | None:
    """The extension whose operator class serves it."""
    rules = _RULES.get(_family(type_), ())
    return next((rule.extension for rule in rules if rule.extension and operator in rule.operators), None)


def _family(type_: str) -> str:
    """The types that the rules tell apart."""
    name = type_.partition("(")[0].strip()
    if name.endswith("[]"):
        return "array"
    if name.endswith(("range", "multirange")):
        return "range"
    return _FAMILIES.get(name, name)


_FAMILIES = {
    **dict.fromkeys(("character varying", "varchar", "character", "citext"), "text"),
    **dict.fromkeys(("point", "box", "polygon", "circle"), "plane"),
    **dict.fromkeys(("inet", "cidr"), "network"),
    **dict.fromkeys(("ltree", "geometry", "geography"), "extended"),
    **dict.fromkeys(("smallint", "integer", "bigint", "real", "double precision", "money", "oid", "date"), "scalar"),
    **dict.fromkeys(("time", "time without time zone", "timestamp", "interval"), "scalar"),
    **dict.fromkeys(("timestamp without time zone", "timestamp with time zone"), "scalar"),
}


@dataclass(frozen=True)
class _Rule:
    """`opclass` None is the type's default; one of an extension is looked for there."""

    operators: frozenset[str]
    method: str
    opclass: str | None = None
    extension: str = ""


_RULES = {
    "jsonb": (
        _Rule(frozenset(("@>", *_PATHS)), "gin", "jsonb_path_ops"),
        _Rule(frozenset(("@>", *_PATHS, *_EXISTENCE)), "gin"),
    ),
    "array": (_Rule(_CONTAINMENT, "gin"),),
    "tsvector": (_Rule(frozenset(("@@",)), "gin"),),
    "hstore": (_Rule(frozenset(("@>", *_EXISTENCE)), "gin"),),
    "range": (_Rule(_RANGE, "gist"),),
    "plane": (_Rule(_PLANE | {"<->"}, "gist"),),
    "network": (_Rule(_NETWORK, "gist", "inet_ops"),),
    "extended": (_Rule(frozenset(("@>", "<@", "~", "@", "&&", *_DISTANCE)), "gist"),),
    "scalar": (_Rule(frozenset(("<->",)), "gist", extension="btree_gist"),),
    "text": (
        _Rule(_PATTERN | _SIMILAR, "gin", "gin_trgm_ops", "pg_trgm"),
        _Rule(_SIMILAR | _DISTANCE, "gist", "gist_trgm_ops", "pg_trgm"),
    ),
}
