"""Text from outside, made fit for a log, a report or a table."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Text without control characters but line feeds and tabs: nothing in it moves a cursor, and XML takes it."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def cut(text: str, limit: int = 8000) -> str:
    """At most so many characters, with a remark where there were more."""
    return text if len(text) <= limit else f"{text[:limit]}\n... ({len(text) - limit:,} characters more)"


def line(text: str) -> str:
    """Clean text on one line."""
    return " ".join(clean(text).split())
