"""Numbers as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbopt.units import size_text

if TYPE_CHECKING:
    from dbopt.workload.model import Statement

_ID, _TEXT = 4, 30  # characters of a statement without a name


def milliseconds(value: float) -> str:
    """1,234 ms; 12.3 ms; 0.12 ms: three significant digits are what a timing is worth."""
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"


def duration(value_ms: float) -> str:
    """A time that was estimated, in the unit that suits it: 12 ms, 3.4 s, 8 min, 2.5 h."""
    for limit, part, unit in ((1000, 1, "ms"), (90_000, 1000, "s"), (5_400_000, 60_000, "min")):
        if value_ms < limit:
            return _two_digits(value_ms / part) + f" {unit}"
    return _two_digits(value_ms / 3_600_000) + " h"


def _two_digits(value: float) -> str:
    return f"{value:,.1f}" if value < 10 else f"{value:,.0f}"


def count(value: float) -> str:
    return f"{value:,.0f}"


def cost(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


def size(value: float) -> str:
    """PostgreSQL's units: powers of 1024."""
    return size_text(value)


def blocks(number: float) -> str:
    """Blocks of 8 kB as a size: 16 kB, 1.5 MB, 234 MB, 12 GB."""
    amount = number * 8.0
    for unit in ("kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.1f} {unit}" if amount < 10 and unit != "kB" else f"{amount:,.0f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TB"


def factor(value: float) -> str:
    return f"{value:,.0f}x" if value >= 10 else f"{value:.2f}x"


def percent(value: float) -> str:
    """A fraction as a percentage."""
    return f"{100 * value:.1f} %"


def one_line(text: str, width: int = 60) -> str:
    """Text folded into one line of at most `width` characters."""
    folded = " ".join(text.split())
    return folded if len(folded) <= width else folded[: width - 1] + "…"


def statement_name(statement: Statement) -> str:
    """What to call a statement in a table: its name, else the start of its id and of its text."""
    return statement.name or f"{statement.id[:_ID]}… {one_line(statement.sql, _TEXT)}"


def comment(text: str) -> str:
    """Text that stays within the line of an SQL comment, whatever a name in it contains."""
    return " ".join(text.split())
