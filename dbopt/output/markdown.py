"""Markdown for comments on pull requests: no markup from outside, and nothing that is longer than GitHub takes."""

from __future__ import annotations

import re

from dbopt.output import units
from dbopt.output.texts import line

LIMIT = 60_000
"""Characters. GitHub refuses a comment above 65,536, and the caller may want to add a line of its own."""
_EDGE = r"(?<![^\W_])_|_(?![^\W_])"  # an underscore within a word is nothing but itself
_SPECIAL = re.compile(rf"([\\`*\[\]|~<>]|{_EDGE})")
_NOT_PLAIN = re.compile(rf"[^\w ./:,()-]|{_EDGE}")


def fenced(language: str, content: str) -> str:
    """A block of code that nothing in it can end."""
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{content}\n{fence}\n\n"


def within(room: float, parts: list[str], remark: str) -> str:
    """As many of the parts, in order, as there is room for; a part that alone is too long is left out, too."""
    kept: list[str] = []
    left_out = 0
    room -= len(remark) + 10
    for part in parts:
        if len(part) <= room:
            kept.append(part)
            room -= len(part)
        else:
            left_out += 1
    return "".join(kept) + (f"\n{remark.format(left_out)}\n" if left_out else "")


def escaped(content: str) -> str:
    """Text that is nothing but text: no markup, no cell's end, no formula, nobody called by an @."""
    plain = _SPECIAL.sub(r"\\\1", line(content).replace("&", "&amp;"))
    return plain.replace("$", "<span>$</span>").replace("@", "@<!-- -->")


def code(content: str) -> str:
    """Text in a code span, in HTML: Markdown's own cannot hold every character within a table."""
    plain = units.one_line(line(content), 200)
    return f"<code>{_NOT_PLAIN.sub(lambda found: _entity(found[0]), plain)}</code>"


def _entity(character: str) -> str:
    return f"&#{ord(character)};" if ord(character) < 128 else character
