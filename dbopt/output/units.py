"""Numbers as people read them."""

from __future__ import annotations

from dbopt.units import size_text


def milliseconds(value: float) -> str:
    """1,234 ms; 12.3 ms; 0.12 ms: three significant digits are what a timing is worth."""
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"


def count(value: float) -> str:
    return f"{value:,.0f}"


def cost(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


def size(value: float) -> str:
    """PostgreSQL's units: powers of 1024."""
    return size_text(value)


def factor(value: float) -> str:
    return f"{value:,.0f}x" if value >= 10 else f"{value:.2f}x"


def percent(value: float) -> str:
    """A fraction as a percentage."""
    return f"{100 * value:.1f} %"


def one_line(text: str, width: int = 60) -> str:
    """Text folded into one line of at most `width` characters."""
    folded = " ".join(text.split())
    return folded if len(folded) <= width else folded[: width - 1] + "…"


def comment(text: str) -> str:
    """Text that stays within the line of an SQL comment, whatever a name in it contains."""
    return " ".join(text.split())
