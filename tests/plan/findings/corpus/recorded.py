"""What the rules look at, of one case on one server, as a file: EXPLAIN's JSON, the statement, the tables of the plan
with their statistics, and the rules that find something.

A node of the plan is a line, its children below it; so is a table, an index, and whatever else is in a list. Attributes
that say nothing (no blocks, not parallel) are left out.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbopt import documents
from dbopt.plan.findings.context import Context
from dbopt.plan.findings.facts import Facts, GenericPlans, WithValues
from dbopt.plan.tree import parse, written
from dbopt.postgres.schema import Catalog, ExistingIndex, ForeignKey, Relation
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Statement
from tests.plan.findings.corpus.cases import HERE, Case

FOLDER = HERE / "recorded"
_SILENT = ("Parallel Aware", "Async Capable", "Disabled")


@dataclass(frozen=True)
class Sets:
    """A parameter set: the plan for it, and the generic plan costed for it."""

    custom: Any
    generic: Any = None


@dataclass(frozen=True)
class Recorded:
    """One file."""

    expects: tuple[str, ...]
    server_version: int
    statement: str
    settings: dict[str, str]
    plan: Any
    relations: tuple[Relation, ...]
    indexes: tuple[ExistingIndex, ...]
    foreign_keys: tuple[ForeignKey, ...]
    extensions: tuple[tuple[str, ...], ...]
    facts: Facts
    parameters: tuple[tuple[str, ...], ...] = ()
    generic: Any = None
    sets: tuple[Sets, ...] = ()

    @property
    def context(self) -> Context:
        """What the rules look at."""
        statement = Statement(
            id=fingerprint(self.statement),
            name=None,
            sql=self.statement,
            kind=kind_of(self.statement),
            parameters=self.parameters,
        )
        catalog = Catalog(
            server_version=self.server_version,
            database="corpus",
            search_path=("public",),
            relations=self.relations,
            indexes=self.indexes,
            foreign_keys=self.foreign_keys,
            extensions=tuple((name, schema) for name, schema in self.extensions),
        )
        return Context.of(
            parse(self.plan), statement, catalog, self.facts, self.settings, self.server_version, self._generic
        )

    @property
    def _generic(self) -> GenericPlans | None:
        if self.generic is None:
            return None
        sets = (WithValues(parse(one.custom), None if one.generic is None else parse(one.generic)) for one in self.sets)
        return GenericPlans(parse(self.generic), tuple(sets))


def path_of(case: Case, major: int) -> Path:
    return FOLDER / f"{case.name}.{major}.json"


def load(path: Path) -> Recorded:
    found: Recorded = documents._decode(Recorded, json.loads(path.read_text("utf-8")), path.name)
    return found


def of(case: Case, context: Context) -> Recorded:
    """What is kept of a context: of the catalog the tables of the plan, those above and beside them, and those whose
    foreign keys point to them.
    """
    catalog, facts = context.catalog, context.facts
    assert catalog is not None
    assert facts is not None
    named = {relation.key for node in context.plan.nodes if (relation := context.relation(node)) is not None}
    roots = {catalog.root_of(relation).key for relation in catalog.relations if relation.key in named}
    pointing = {key.table for key in catalog.foreign_keys if key.referenced in named}
    kept = [one for one in catalog.relations if {one.key, catalog.root_of(one).key} & (named | roots | pointing)]
    full = named | roots | pointing
    generic = context.generic
    return Recorded(
        expects=tuple(sorted(case.expects)),
        server_version=context.server_version,
        statement=context.statement.sql,
        parameters=case.parameters,
        settings=dict(context.settings),
        plan=written(context.plan),
        relations=tuple(one if one.key in full else dataclasses.replace(one, columns=()) for one in kept),
        indexes=tuple(index for index in catalog.indexes if index.table in full),
        foreign_keys=tuple(key for key in catalog.foreign_keys if key.table in full),
        extensions=catalog.extensions,
        facts=facts,
        generic=None if generic is None else written(generic.plan),
        sets=tuple(
            Sets(written(one.custom), None if one.generic is None else written(one.generic))
            for one in (generic.sets if generic is not None else ())
        ),
    )


def text(recorded: Recorded) -> str:
    """The file."""
    lines = ",\n".join(f" {json.dumps(name)}: {_value(name, value)}" for name, value in _fields(recorded).items())
    return f"{{\n{lines}\n}}\n"


def _fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, without those that have their defaults."""
    fields = {}
    for field in dataclasses.fields(value):
        found = getattr(value, field.name)
        if field.default is dataclasses.MISSING or found != field.default:
            fields[field.name] = found
    return fields


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(one) for name, one in _fields(value).items()}
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return round(value, 6) if isinstance(value, float) else value


def _value(name: str, value: Any) -> str:
    if name in ("plan", "generic"):
        return _plan(value)
    if name == "sets":
        plans = (
            f"{{{', '.join(f'{_json(key)}: {_plan(plan)}' for key, plan in _fields(one).items())}}}" for one in value
        )
        return f"[{', '.join(plans)}]"
    if name == "facts":
        inner = ",\n".join(f"  {_json(key)}: {_listed(list(one), '   ')}" for key, one in _fields(value).items() if one)
        return f"{{\n{inner}\n }}"
    if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
        return _listed(list(value), "  ")
    return _json(_plain(value))


def _listed(values: list[Any], indent: str) -> str:
    return "[\n" + ",\n".join(f"{indent}{_json(_plain(one))}" for one in values) + "]"


def _plan(explained: list[dict[str, Any]]) -> str:
    (document,) = explained
    rest = "".join(f", {_json(name)}: {_json(value)}" for name, value in document.items() if name != "Plan")
    return "[{" + '"Plan":\n' + "\n".join(_node(document["Plan"], "  ")) + rest + "}]"


def _node(node: Mapping[str, Any], indent: str) -> Iterator[str]:
    own = {name: value for name, value in node.items() if name != "Plans" and not _is_silent(name, value)}
    line = indent + _json(own)
    if not node.get("Plans"):
        yield line
        return
    yield line[:-1] + ', "Plans": ['
    for number, child in enumerate(node["Plans"], 1):
        lines = list(_node(child, indent + " "))
        yield from lines[:-1]
        yield lines[-1] + ("," if number < len(node["Plans"]) else "]}")


def _is_silent(name: str, value: Any) -> bool:
    return value is False if name in _SILENT else name.endswith("Blocks") and value == 0


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
