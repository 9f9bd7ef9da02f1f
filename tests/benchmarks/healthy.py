"""Databases in good order and what is asked of them: TPC-H and the demo's shop with the indexes and statistics that
`dbopt suggest` wants, vacuumed and analysed, and pgbench; each with several sets of values for each statement.
"""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dbopt import documents, resources
from dbopt.cli.main import main
from dbopt.demo import application, shop
from dbopt.postgres.session import connect
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.sql import tables_of
from tests import tpch
from tests.benchmarks.hypothetical import SCALE
from tests.servers import Server

SETS = 6  # of values for each statement of the demo and of pgbench
DEMO_SCALE = 0.2
PGBENCH_SCALE = 10


@dataclass(frozen=True)
class Healthy:
    """A database, by its conninfo, and its statements, each with one set of values or none."""

    name: str
    dsn: str
    workload: Workload


def databases(server: Server) -> Iterator[Healthy]:
    """All three, one after the other."""
    for name, load, workload in _SOURCES:
        dsn = server.dsn(server.create_database())
        load(dsn)
        statements = workload()
        _put_in_order(dsn, statements)
        yield Healthy(name, dsn, statements)


def _put_in_order(dsn: str, workload: Workload) -> None:
    """What `dbopt suggest` advises, carried out."""
    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
        file, advice, undo = (str(Path(folder) / name) for name in ("workload.json", "advice.json", "undo.json"))
        Path(file).write_text(documents.dump(workload), "utf-8")
        if main(["suggest", file, "-d", dsn, "-o", advice, "-q"]) != 0:
            raise SystemExit("there is no advice")
        if main(["apply", advice, "-d", dsn, "--yes", "--undo-file", undo, "-q"]) != 0:
            raise SystemExit("the advice could not be carried out")
    with connect(dsn) as session:
        session.script("VACUUM (ANALYZE)")


# -- TPC-H ------------------------------------------------------------------------------------------------------------

# Some of the values that the specification lets each query have; the first are those of its text.
_VALUES: dict[str, tuple[tuple[str, ...], ...]] = {
    "Q1": (("'90'", "'60'", "'75'", "'120'"),),
    "Q2": (
        ("= 15", "= 37", "= 4", "= 48"),
        ("BRASS", "TIN", "STEEL", "NICKEL"),
        ("EUROPE", "ASIA", "AFRICA", "AMERICA"),
    ),
    "Q3": (
        ("BUILDING", "MACHINERY", "HOUSEHOLD", "FURNITURE"),
        ("1995-03-15", "1995-03-01", "1995-03-22", "1995-03-31"),
    ),
    "Q4": (("1993-07-01", "1994-02-01", "1996-10-01", "1997-05-01"),),
    "Q5": (("ASIA", "EUROPE", "AMERICA", "MIDDLE EAST"), ("1994-01-01", "1993-01-01", "1995-01-01", "1997-01-01")),
    "Q6": (
        ("1994-01-01", "1993-01-01", "1996-01-01", "1997-01-01"),
        ("0.06", "0.02", "0.05", "0.09"),
        ("24", "25", "24", "25"),
    ),
    "Q7": (("FRANCE", "INDIA", "CANADA", "PERU"), ("GERMANY", "JAPAN", "KENYA", "CHINA")),
    "Q8": (
        ("BRAZIL", "INDIA", "KENYA", "FRANCE"),
        ("AMERICA", "ASIA", "AFRICA", "EUROPE"),
        ("ECONOMY ANODIZED STEEL", "SMALL BRUSHED COPPER", "LARGE POLISHED TIN", "PROMO PLATED NICKEL"),
    ),
    "Q9": (("green", "azure", "lemon", "violet"),),
    "Q10": (("1993-10-01", "1993-02-01", "1994-06-01", "1995-01-01"),),
    "Q11": (("GERMANY", "JAPAN", "PERU", "CANADA"),),
    "Q12": (
        ("MAIL", "RAIL", "AIR", "FOB"),
        ("'SHIP'", "'TRUCK'", "'RAIL'", "'MAIL'"),
        ("1994-01-01", "1993-01-01", "1996-01-01", "1997-01-01"),
    ),
    "Q13": (("special", "pending", "unusual", "express"), ("requests", "packages", "accounts", "deposits")),
    "Q14": (("1995-09-01", "1993-04-01", "1996-12-01", "1997-02-01"),),
    "Q15": (("1996-01-01", "1993-05-01", "1995-08-01", "1997-10-01"),),
    "Q16": (
        ("Brand#45", "Brand#11", "Brand#53", "Brand#24"),
        ("MEDIUM POLISHED", "SMALL PLATED", "PROMO BURNISHED", "LARGE BRUSHED"),
    ),
    "Q17": (("Brand#23", "Brand#12", "Brand#55", "Brand#31"), ("MED BOX", "JUMBO CAN", "LG DRUM", "SM CASE")),
    "Q18": (("300", "312", "313", "315"),),
    "Q19": (("Brand#12", "Brand#41", "Brand#52", "Brand#13"), ("Brand#23", "Brand#31", "Brand#45", "Brand#54")),
    "Q20": (
        ("forest", "almond", "khaki", "tomato"),
        ("1994-01-01", "1993-01-01", "1996-01-01", "1997-01-01"),
        ("CANADA", "JORDAN", "PERU", "KENYA"),
    ),
    "Q21": (("SAUDI ARABIA", "FRANCE", "KENYA", "CHINA"),),
    "Q22": (("'13'", "'10'", "'11'", "'12'"), ("'31'", "'32'", "'33'", "'34'")),
}


def _load_tpch(dsn: str) -> None:
    tpch.load(dsn, SCALE)


def _tpch() -> Workload:
    workload = tpch.workload()
    return replace(workload, statements=tuple(_variants(workload)))


def _variants(workload: Workload) -> Iterator[Statement]:
    for statement in workload.statements:
        values = _VALUES[str(statement.name)]
        for number in range(4):
            sql = statement.sql
            for one in values:
                if one[0] not in sql:
                    raise ValueError(f"{statement.name} has no {one[0]}")
                sql = sql.replace(one[0], one[number])
            yield replace(statement, sql=sql, name=f"{statement.name}.{number + 1}")


# -- the demo's shop --------------------------------------------------------------------------------------------------


def _load_demo(dsn: str) -> None:
    with connect(dsn) as session:
        shop.load(session, shop.size(DEMO_SCALE))


def _demo() -> Workload:
    visitors = [application.Visitor(shop.size(DEMO_SCALE), seed) for seed in range(SETS)]
    values = [visitor.values() for visitor in visitors]
    statements = []
    for name in application.statements():
        lines = resources.query(name, 18).splitlines()
        text = "\n".join(line for line in lines if not line.startswith("--"))
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
        sql = text.replace("%%", "%")
        for place, one in enumerate(names, 1):
            sql = sql.replace(f"%({one})s", f"${place}")
        label = name.rpartition("/")[2].replace("_", " ")
        for number, drawn in enumerate(values, 1):
            given = tuple(_literal(drawn[one]) for one in names)
            statements.append(_statement(f"{label}.{number}", sql, given))
    return Workload(Source("sql", None, None, None), tuple(statements))


def _literal(value: object) -> str:
    return "{" + ",".join(map(str, value)) + "}" if isinstance(value, list) else str(value)


# -- pgbench ----------------------------------------------------------------------------------------------------------

_PGBENCH = (
    ("select", "SELECT abalance FROM pgbench_accounts WHERE aid = $1", 1_000_000),
    ("update account", "UPDATE pgbench_accounts SET abalance = abalance + 17 WHERE aid = $1", 1_000_000),
    ("update teller", "UPDATE pgbench_tellers SET tbalance = tbalance + 17 WHERE tid = $1", 100),
    ("update branch", "UPDATE pgbench_branches SET bbalance = bbalance + 17 WHERE bid = $1", 10),
    (
        "insert history",
        "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ($1, 1, 1, 17, CURRENT_TIMESTAMP)",
        100,
    ),
)


def _load_pgbench(dsn: str) -> None:
    with connect(dsn) as session:
        environment = session.client_environment()
    subprocess.run(["pgbench", "-i", "-q", "-s", str(PGBENCH_SCALE)], check=True, env=environment, capture_output=True)


def _pgbench() -> Workload:
    statements = [
        _statement(f"{name}.{number}", sql, (str(1 + number * 7919 % most),))
        for name, sql, most in _PGBENCH
        for number in range(SETS)
    ]
    return Workload(Source("sql", None, None, None), tuple(statements))


def _statement(name: str, sql: str, values: tuple[str, ...]) -> Statement:
    return Statement(
        id=fingerprint(sql),
        name=name,
        sql=sql,
        kind=kind_of(sql),
        parameters=(values,) if values else (),
        tables=tables_of(sql),
        parameters_from="captured" if values else None,
    )


_SOURCES: tuple[tuple[str, Callable[[str], None], Callable[[], Workload]], ...] = (
    ("pgbench", _load_pgbench, _pgbench),
    ("demo", _load_demo, _demo),
    ("TPC-H", _load_tpch, _tpch),
)
