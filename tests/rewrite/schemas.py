"""Random schemas for the fuzz test: types that are compared in unusual ways, keys that prove less than they seem to."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

TYPES = (
    *("integer",) * 5,
    *("bigint", "smallint"),
    *("text",) * 3,
    *("varchar(5)", "char(4)", "ci_text", "numeric", "numeric(8,2)", "double precision", "boolean", "uuid"),
    *("date", "timestamp", "timestamp", "timestamptz", "timestamptz", 'text COLLATE "C"'),
)
KINDS = {
    "integer": "int",
    "bigint": "int",
    "smallint": "int",
    "text": "text",
    "varchar(5)": "text",
    'text COLLATE "C"': "text",
    "char(4)": "char",
    "char(6)": "char",
    "ci_text": "ci",
    "numeric": "numeric",
    "numeric(8,2)": "numeric",
    "numeric(10,4)": "numeric",
    "double precision": "float",
    "boolean": "bool",
    "uuid": "uuid",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
}
KEY_TYPES = ("integer", "integer", "integer", "bigint", "text", "text", "char(4)", "numeric(10,4)")
# What points to a key may be declared otherwise.
POINTING_TYPES = {"text": 'text COLLATE "C"', "char(4)": "char(6)", "numeric(10,4)": "numeric(8,2)"}
PREAMBLE = """
DO $do$ BEGIN
    CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE DOMAIN ci_text AS text COLLATE ci;
EXCEPTION WHEN feature_not_supported THEN  -- a server without ICU
    CREATE DOMAIN ci_text AS text;
END $do$;
CREATE FUNCTION shaky(integer) RETURNS integer LANGUAGE sql VOLATILE AS $$ SELECT $1 $$;
CREATE FUNCTION steady(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
"""


@dataclass(frozen=True)
class Col:
    name: str
    type: str

    @property
    def kind(self) -> str:
        return KINDS[self.type]


@dataclass
class Tab:
    name: str
    columns: list[Col]
    key: str | None = None
    points: dict[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[Col]:
        return [column for column in self.columns if column.kind in kinds]


def schema(draw: Random) -> tuple[str, list[Tab]]:
    """DDL and the tables that it makes."""
    tables: list[Tab] = []
    statements = [PREAMBLE]
    statements += [_table(draw, f"t{number}", tables) for number in range(draw.randint(2, 4))]
    if draw.random() < 0.25:
        parent = draw.choice(tables)
        statements.append(f"CREATE TABLE {parent.name}_heir () INHERITS ({parent.name});")
    return "\n".join(statements), tables


def _table(draw: Random, name: str, tables: list[Tab]) -> str:
    columns = [Col("id", draw.choice(KEY_TYPES))]
    columns += [Col(letter, draw.choice(TYPES)) for letter in "abcdef"[: draw.randint(2, 6)]]
    table = Tab(name, columns)
    lines = [f"{column.name} {column.type}{' NOT NULL' if draw.random() < 0.35 else ''}" for column in columns]
    roll = draw.random()
    if roll < 0.7:
        table.key = "id"
        lines.append(f"PRIMARY KEY (id){' DEFERRABLE' if draw.random() < 0.12 else ''}")
    elif roll < 0.85:
        table.key = "id"
        lines.append(f"UNIQUE {'NULLS NOT DISTINCT ' if draw.random() < 0.4 else ''}(id)")
    after = _indexes(draw, table)
    made = [_pointing(draw, table, other, lines) for other in tables if other.key and draw.random() < 0.6]
    tables.append(table)
    return f"CREATE TABLE {name} ({', '.join(lines)});\n" + "\n".join([*after, *made])


def _indexes(draw: Random, table: Tab) -> list[str]:
    found = []
    for column in table.columns[1:]:
        if draw.random() < 0.2:
            options = ("", "", " NULLS NOT DISTINCT", f" WHERE {column.name} IS NOT NULL", " WHERE id IS NOT NULL")
            found.append(f"CREATE UNIQUE INDEX ON {table.name} ({column.name}){draw.choice(options)};")
    return found


def _pointing(draw: Random, table: Tab, other: Tab, lines: list[str]) -> str:
    key = other.columns[0]
    name = f"{other.name}_id"
    kind = POINTING_TYPES.get(key.type, key.type) if draw.random() < 0.4 else key.type
    lines.append(f"{name} {kind}{' NOT NULL' if draw.random() < 0.4 else ''}")
    table.columns.append(Col(name, kind))
    table.points[name] = (other.name, "id")
    option = draw.choice(("", "", "", " NOT VALID", " DEFERRABLE INITIALLY DEFERRED"))
    constraint = f"ALTER TABLE {table.name} ADD FOREIGN KEY ({name}) REFERENCES {other.name} (id){option};"
    # a key that is deferrable cannot be pointed to: such a table is left without
    return f"DO $do$ BEGIN {constraint} EXCEPTION WHEN OTHERS THEN NULL; END $do$;"
