"""Random sources, conditions and subqueries around the rules' patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from tests.rewrite.schemas import Col, Tab

CONSTANTS = {
    "int": ("0", "1", "2", "3"),
    "text": ("'a'", "'b'", "''", "'A'"),
    "char": ("'a'", "'b'", "'a '"),
    "ci": ("'a'", "'A'", "'b'"),
    "numeric": ("0", "1", "1.0", "2.5"),
    "float": ("0", "1", "0.5"),
    "bool": ("true", "false"),
    "uuid": ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",),
    "date": ("'2024-03-31'", "'2024-02-29'", "'2024-12-31'"),
    "timestamp": ("'2024-03-31'", "'2024-02-29 23:59:59.999999'", "'2024-10-27 02:30:00'"),
    "timestamptz": ("'2024-03-31'", "'2024-10-27 02:30:00'", "'2024-11-03 00:00:30'"),
}
_COMPARE = ("=", "=", "<", "<=", ">", ">=", "<>")
_DAYS = ("'2024-03-31'", "'2024-02-29'", "'2024-12-31'", "'1999-12-31'", "'2024-10-27'", "'2024-11-03'")
_ALIKE = {"text": ("text", "text", "ci"), "ci": ("ci", "text"), "char": ("char", "char", "text")}
Scope = list[tuple[str, Tab]]


@dataclass
class Conditions:
    """Writes pieces of one query. `values` are those of its parameters."""

    draw: Random
    tables: Sequence[Tab]
    depth: int = 0
    used: int = 0
    values: list[str] = field(default_factory=list)

    # -- pieces -------------------------------------------------------------------------------------------------------

    def alias(self) -> str:
        """Mostly new ones; now and then one that another query around has, too."""
        self.used += 1
        return self.draw.choice(("x", "y", f"q{self.used}", f"q{self.used}"))

    def ref(self, alias: str, column: Col) -> str:
        return f"{alias}.{column.name}"

    def maybe_bare(self, alias: str, column: Col) -> str:
        """Now and then without the alias; where that is ambiguous, the query is none."""
        return column.name if self.draw.random() < 0.12 else f"{alias}.{column.name}"

    def pick(self, scope: Scope, *kinds: str) -> tuple[str, Col] | None:
        found = [
            (alias, column) for alias, table in scope for column in table.columns if not kinds or column.kind in kinds
        ]
        return self.draw.choice(found) if found else None

    def column(self, scope: Scope, *kinds: str) -> str | None:
        found = self.pick(scope, *kinds)
        return None if found is None else self.ref(*found)

    def constant(self, kind: str) -> str:
        chosen = self.draw.choice(CONSTANTS[kind])
        if self.draw.random() < 0.06:
            self.values.append(chosen.strip("'"))
            return f"${len(self.values)}"
        return chosen

    # -- FROM ---------------------------------------------------------------------------------------------------------

    def source(self, scope: Scope, most: int = 3) -> str:
        """A FROM; what it has is added to the scope."""
        text = ""
        taken: list[str] = []
        for number in range(self.draw.randint(1, most)):
            table = self.draw.choice(self.tables)
            alias = self.alias()
            while alias in taken:
                alias = self.alias()
            taken.append(alias)
            only = "ONLY " if self.draw.random() < 0.05 else ""
            item = f"{only}{table.name} AS {alias}"
            if number == 0:
                text = item
                scope.append((alias, table))
                continue
            own: Scope = [(alias, table)]
            condition = self.join_condition(scope, own)
            kind = self.draw.choice(("JOIN", "JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", ", ", "RIGHT JOIN"))
            if kind == "RIGHT JOIN" and self.draw.random() < 0.7:
                kind = "LEFT JOIN"
            scope.append((alias, table))
            text += f", {item}" if kind == ", " else f" {kind} {item} ON {condition}"
        return text

    def join_condition(self, scope: Scope, own: Scope) -> str:
        alias, table = own[0]
        for name, (other, key) in table.points.items():
            partners = [one for one, there in scope if there.name == other]
            if partners and self.draw.random() < 0.8:
                return f"{alias}.{name} = {partners[-1]}.{key}"
        for one, there in scope[-1:]:
            for name, (other, key) in there.points.items():
                if other == table.name and self.draw.random() < 0.8:
                    more = f" AND {self.simple(own)}" if self.draw.random() < 0.2 else ""
                    return f"{alias}.{key} = {one}.{name}{more}"
        return self.equality(own, scope[-1:]) or "true"

    def equality(self, left: Scope, right: Scope) -> str | None:
        for _ in range(6):
            one = self.pick(left)
            other = self.pick(right, self.draw.choice(_ALIKE.get(one[1].kind, (one[1].kind,)))) if one else None
            if one and other:
                return f"{self.ref(*one)} = {self.ref(*other)}"
        return None

    # -- conditions ---------------------------------------------------------------------------------------------------

    def simple(self, scope: Scope) -> str:
        alias, column = self.pick(scope) or (scope[0][0], scope[0][1].columns[0])
        name = self.maybe_bare(alias, column)
        roll = self.draw.random()
        if roll < 0.15:
            return f"{name} IS {'NOT ' if self.draw.random() < 0.5 else ''}NULL"
        if roll < 0.25:
            return f"{name} IN ({self.constant(column.kind)}, {self.constant(column.kind)})"
        if roll < 0.32:
            return f"{name} IS NOT DISTINCT FROM {self.constant(column.kind)}"
        if roll < 0.4 and column.kind in ("text", "int"):
            return f"coalesce({name}, {self.constant(column.kind)}) = {self.constant(column.kind)}"
        if column.kind == "bool":
            return name
        if roll < 0.5:
            bounds = [self.draw.choice((self.constant(column.kind), self.column(scope, column.kind))) for _ in "12"]
            return f"{name} {self.draw.choice(('BETWEEN', 'NOT BETWEEN'))} {bounds[0]} AND {bounds[1]}"
        return f"{name} {self.draw.choice(_COMPARE)} {self.constant(column.kind)}"

    def condition(self, scope: Scope) -> str:
        makers = (
            self.simple,
            self.simple,
            self.either,
            self.either,
            self.dated,
            self.dated,
            self.cast,
            self.member,
            self.member,
            self.counted,
            self.compared_with_one,
            self.odd,
        )
        made = self.draw.choice(makers)(scope)
        return made or self.simple(scope)

    def either(self, scope: Scope) -> str:
        parts = [self.simple(scope) for _ in range(self.draw.randint(2, 3))]
        if self.draw.random() < 0.3:
            parts[-1] = self.member(scope) or parts[-1]
        if self.draw.random() < 0.3:
            parts[0] = f"({parts[0]} AND {self.simple(scope)})"
        return "(" + " OR ".join(parts) + ")"

    def odd(self, scope: Scope) -> str | None:
        name = self.column(scope, "int")
        if name is None:
            return None
        return self.draw.choice(
            (
                f"CASE WHEN {name} = 1 THEN true ELSE false END",
                f"CASE {name} WHEN 1 THEN 2 ELSE 0 END > 1",
                f"NOT ({name} IS NULL OR {name} = 2)",
                f"({name} > 0) IS TRUE",
                f"({name} > 0) IS NOT FALSE",
                f"steady({name}) = 1",
                f"greatest({name}, 0) > 0",
                f"NOT ({self.simple(scope)})",
            )
        )

    def dated(self, scope: Scope) -> str | None:
        found = self.pick(scope, "timestamp", "timestamptz", "date")
        if found is None:
            return None
        name, kind, day = self.ref(*found), found[1].kind, self.draw.choice(_DAYS)
        operator = self.draw.choice(_COMPARE)
        choices = [
            f"extract(year FROM {name}) {operator} {self.draw.choice(('2024', '1999', '2025'))}",
            f"date_part('year', {name}) {operator} 2024",
            f"date_trunc('{self.draw.choice(('month', 'year', 'day', 'week', 'quarter'))}', {name}) {operator} "
            f"{self.draw.choice(('$1', '$1'))}".replace(
                "$1", self.draw.choice(("'2024-03-01'", "'2024-01-01'", "'2024-02-29'"))
            ),
        ]
        if kind != "date":
            choices += [
                f"date({name}) {operator} {day}",
                f"{name}::date {operator} {day}",
                f"{name}::date IN ({day}, {self.draw.choice(_DAYS)})",
                f"{name}::date BETWEEN {day} AND {self.draw.choice(_DAYS)}",
                f"date_trunc('hour', {name}) {operator} '2024-10-27 02:00'",
            ]
            dates = self.column(scope, "date")
            if dates is not None:
                choices.append(f"date({name}) {operator} {dates}")
        if kind == "timestamptz":
            zone = self.draw.choice(("Europe/Berlin", "Atlantic/Azores"))
            choices.append(f"({name} AT TIME ZONE '{zone}')::date {operator} {day}")
        return self.draw.choice(choices)

    def cast(self, scope: Scope) -> str | None:
        found = self.pick(scope, "int", "uuid", "char")
        if found is None:
            return None
        name, kind = self.ref(*found), found[1].kind
        if kind == "uuid":
            return f"{name}::text = {self.constant('uuid')}"
        if kind == "char":
            return f"{name}::text {self.draw.choice(('=', '<'))} {self.constant('char')}"
        return self.draw.choice(
            (
                f"{name}::text = {self.draw.choice(('1', '01', '2', '-1', '1 '))!r}",
                f"{name}::text IN ('1', '2')",
                f"{name}::varchar(1) = '1'",
                f"{name} {self.draw.choice(_COMPARE)} {self.draw.choice(('1.0', '1.5', '2.0', '-0.5'))}",
                f"{name}::numeric {self.draw.choice(_COMPARE)} {self.draw.choice(('1', '1.5'))}",
                f"{name}::float8 {self.draw.choice(_COMPARE)} {self.draw.choice(('1', '1.5'))}",
                f"{name} BETWEEN 0.5 AND 2.5",
            )
        )

    def member(self, scope: Scope) -> str | None:
        if self.depth > 1:
            return None
        found = self.pick(scope)
        if found is None:
            return None
        inner = self.values_query(scope, found[1].kind)
        if inner is None:
            return None
        name = self.ref(*found)
        return self.draw.choice(
            (
                f"{name} NOT IN ({inner})",
                f"{name} NOT IN ({inner})",
                f"NOT {name} IN ({inner})",
                f"{name} <> ALL ({inner})",
                f"{name} IN ({inner})",
                f"({name} IN ({inner})) IS TRUE",
                f"({name} IN ({inner})) = true",
                f"coalesce({name} IN ({inner}), false)",
                f"{name} = ANY (ARRAY({inner}))",
                f"EXISTS ({inner})",
                f"NOT EXISTS ({inner})",
            )
        )

    def values_query(self, outer: Scope, kind: str) -> str | None:
        """A subquery with one column of that kind."""
        self.depth += 1
        try:
            scope: Scope = []
            text = self.source(scope, 2)
            column = self.column(scope, kind)
            if column is None:
                return None
            conditions = [self.simple(scope) for _ in range(self.draw.randint(0, 1))]
            if self.draw.random() < 0.4:
                conditions.append(f"{column} IS NOT NULL")
            if self.draw.random() < 0.4:
                conditions.append(self.equality(scope, outer) or "true")
            where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
            roll = self.draw.random()
            if roll < 0.08:
                return f"SELECT {column} FROM {text}{where} ORDER BY 1 LIMIT 2"
            if roll < 0.16:
                other = self.values_query(outer, kind)
                return f"SELECT {column} FROM {text}{where} UNION {other}" if other else None
            if roll < 0.24 and kind not in ("bool", "uuid"):
                return f"SELECT max({column}) FROM {text}{where}"
            distinct = "DISTINCT " if self.draw.random() < 0.15 else ""
            return f"SELECT {distinct}{column} FROM {text}{where}"
        finally:
            self.depth -= 1

    def counted(self, scope: Scope) -> str | None:
        if self.depth > 1:
            return None
        inner: Scope = []
        text = self.source(inner, 2)
        conditions = [self.equality(inner, scope) or "true"]
        if self.draw.random() < 0.4:
            conditions.append(self.simple(inner))
        counted = self.draw.choice(("*", "*", self.column(inner) or "*", f"DISTINCT {self.column(inner)}"))
        tail = ""
        roll = self.draw.random()
        if roll < 0.1:
            tail = f" GROUP BY {self.column(inner)} LIMIT 1"
        elif roll < 0.15:
            tail = " HAVING count(*) > 1"
        where = " AND ".join(conditions)
        count = f"(SELECT count({counted}) FROM {text} WHERE {where}{tail})"
        if self.draw.random() < 0.1:
            count = f"(SELECT count({counted}) FILTER (WHERE {self.simple(inner)}) FROM {text} WHERE {where})"
        return self.draw.choice(
            (f"{count} > 0", f"{count} = 0", f"0 < {count}", f"{count} >= 1", f"{count} > 1", f"{count} <> 0")
        )

    def one_value(self, scope: Scope) -> tuple[str, str] | None:
        """A scalar subquery and the kind of its value."""
        if self.depth > 1:
            return None
        self.depth += 1
        try:
            inner: Scope = []
            text = self.source(inner, 2)
            link = self.equality(inner, scope)
            found = self.pick(inner, "int", "numeric", "text", "date", "float")
            if link is None or found is None:
                return None
            name, kind = self.ref(*found), found[1].kind
            conditions = [link] + ([self.simple(inner)] if self.draw.random() < 0.4 else [])
            where = " AND ".join(conditions)
            if kind in ("int", "numeric", "float"):
                value = self.draw.choice(
                    (
                        f"sum({name})",
                        f"max({name})",
                        "count(*)",
                        f"count({name})",
                        f"coalesce(sum({name}), 0)",
                        f"avg({name})",
                        f"0.5 * min({name})",
                        name,
                        name,
                    )
                )
                kind = "numeric"
            else:
                value = self.draw.choice((f"max({name})", f"min({name})", name, name))
            return f"(SELECT {value} FROM {text} WHERE {where})", kind
        finally:
            self.depth -= 1

    def compared_with_one(self, scope: Scope) -> str | None:
        found = self.one_value(scope)
        if found is None or found[1] not in ("numeric", "text", "date"):
            return None
        value, kind = found
        other = self.column(scope, *(("int", "numeric") if kind == "numeric" else (kind,)))
        return f"{other or self.constant(kind)} {self.draw.choice(_COMPARE)} {value}"
