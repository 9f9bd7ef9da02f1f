"""What exactly changed in the schema, the statistics or the settings that a plan rests on. Pure."""

from __future__ import annotations

from collections.abc import Collection

from dbopt.check.baseline import Baseline, Expected
from dbopt.check.tables import change
from dbopt.postgres.identifiers import qualified
from dbopt.shadow import hybrid
from dbopt.shadow.migration import Migration
from dbopt.shadow.snapshot import Relation, Setting, Snapshot

_MOST = 3
_NOTICEABLE = 1.1
_INDEX_TYPES = ("INDEX", "INDEX ATTACH")


def schema(old: Snapshot, new: Snapshot, migration: Migration | None, before: Expected, after: Expected) -> str | None:
    """What is gone, new or defined otherwise among the tables that the plans read and what belongs to them."""
    read = before.relations | after.relations
    then, now = _indexes(old, read), _indexes(new, read)
    said = [f"the index {name} is gone" for name in sorted(then - now)]
    said += [f"the index {name} is new" for name in sorted(now - then)]
    said += [f"{name} is defined otherwise" for name in _redefined(old, new, read)]
    if migration is not None:
        said.append(f"the migration {migration.name} was applied")
        said += [f"the plan no longer uses {name}" for name in sorted(_used(before) - _used(after))]
    return _some(said) if said else None


def _used(planned: Expected) -> set[str]:
    return {f"the index {name}" for plan in planned.plans for one in plan.reads for name in _names(one.index)}


def _names(index: str | None) -> list[str]:
    return index.split(" + ") if index else []


def statistics(
    old: Snapshot, new: Snapshot, planned_then: Baseline, planned_now: Baseline, read: Collection[str]
) -> str | None:
    """How much the tables that the plans read grew or shrank, most first; else what became known or unknown of them, or
    that the values of columns are distributed otherwise.
    """
    found = []
    for name in sorted(read):
        then, now = planned_then.by_table.get(name), planned_now.by_table.get(name)
        if then is None or now is None:
            continue
        for what, was, is_ in (("rows", then.rows, now.rows), ("blocks", then.blocks, now.blocks)):
            ratio = max(was, is_, 1.0) / max(min(was, is_), 1.0)
            if ratio > _NOTICEABLE:
                found.append((-ratio, f"{name} had {was:,.0f} {what} and has {is_:,.0f}"))
                break
    said = [sentence for _, sentence in sorted(found)]
    said += _known(planned_then, planned_now, read)
    if not said:
        then_texts, now_texts = hybrid.statistics_texts(old), hybrid.statistics_texts(new)
        changed = [key for key in now_texts if qualified(*key) in read and then_texts.get(key) != now_texts[key]]
        said = [f"ANALYZE found other values in {_some([qualified(*key) for key in changed])}"] if changed else []
    return _some(said) if said else None


def settings(old: Snapshot, new: Snapshot) -> str | None:
    """Every setting that differs, with both values."""
    then, now = _values(old), _values(new)
    said = [
        f"{name} was {then.get(name, 'not there')} and is {now.get(name, 'not there')}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    ]
    return ", ".join(said) or None


# -- parts ------------------------------------------------------------------------------------------------------------


def _indexes(snapshot: Snapshot, read: Collection[str]) -> set[str]:
    """Indexes of the tables read. Those of partitions are the partitioned table's."""
    indexes = [relation for relation in snapshot.relations if relation.is_index]
    return {index.name for index in indexes if _table(index) in read}


def _table(index: Relation) -> str:
    return qualified(index.schema, index.table or "")


def _redefined(old: Snapshot, new: Snapshot, read: Collection[str]) -> list[str]:
    """Tables read, and extended statistics and constraints on them, whose definition changed."""
    then, now = hybrid.definitions(old), hybrid.definitions(new)
    names = set()
    for key in then.keys() | now.keys():
        if then.get(key) == now.get(key) or key.type in _INDEX_TYPES:
            continue
        name = qualified(key.schema, key.name)
        text = then.get(key, "") + now.get(key, "")
        if name in read:
            names.add(name)
        elif key.type in ("STATISTICS", "CONSTRAINT", "FK CONSTRAINT", "VIEW", "FUNCTION") and _mentions(text, read):
            names.add(f"the {key.type.lower().replace('fk ', 'foreign key ')} {key.name.rpartition(' ')[2]}")
    return sorted(names)


def _mentions(text: str, read: Collection[str]) -> bool:
    return any(f"{name}{end}" in text for name in read for end in (" ", ";", "\n", "("))


def _known(planned_then: Baseline, planned_now: Baseline, read: Collection[str]) -> list[str]:
    said = []
    for name in sorted(read):
        then, now = planned_then.by_table.get(name), planned_now.by_table.get(name)
        found = change(then, now) if then and now else None
        if found is not None:
            said += [f"{name} lost its {what}" for what in found.lost if what.startswith("statistics")]
            said += [f"{name} has {what} now" for what in found.gained if what.startswith("statistics")]
    return said


def _values(snapshot: Snapshot) -> dict[str, str]:
    path = ", ".join(snapshot.search_path)
    return {setting.name: _value(setting) for setting in snapshot.settings} | {"search_path": path or "empty"}


def _value(setting: Setting) -> str:
    """A number in its unit, as the server shows it."""
    factors = {"8kB": 8, "kB": 1}
    if setting.unit not in factors or not setting.value.isdigit():
        return f"{setting.value} {setting.unit}" if setting.unit else setting.value
    size = int(setting.value) * factors[setting.unit]
    for unit, factor in (("GB", 1024 * 1024), ("MB", 1024)):
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size}kB"


def _some(said: list[str]) -> str:
    rest = len(said) - _MOST
    return ", ".join(said[:_MOST]) + (f" and {rest} more" if rest > 0 else "")
