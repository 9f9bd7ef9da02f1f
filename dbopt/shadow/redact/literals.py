"""Values as PostgreSQL writes them: arrays and ranges taken apart and put together again. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Union

Item = Union[str, None, "list[Item]"]
"""An element of an array: its text, NULL, or an array in its turn."""

_PART = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<mark>[{},])|(?P<plain>(?:[^{},"\\]|\\.)+)', re.DOTALL)
_DIMENSIONS = re.compile(r"(?:\[-?\d+:-?\d+\])+=")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SAFE = re.compile(r"[A-Za-z0-9_.+:-]+")
_BOUND = r'(?P<{0}>"(?:[^"\\]|\\.|"")*"|(?:[^",\\]|\\.)*?)'
_RANGE = re.compile(rf"(?P<open>[\[(]){_BOUND.format('lower')},{_BOUND.format('upper')}(?P<close>[\])])", re.DOTALL)


def array_items(text: str) -> list[Item]:
    """The elements of an array's text. Raises ValueError."""
    text = _DIMENSIONS.sub("", text, count=1) if text.startswith("[") else text
    root: list[Item] = []
    open_lists = [root]
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            raise ValueError("not an array")
        position = match.end()
        if match["mark"] == "{":
            inner: list[Item] = []
            open_lists[-1].append(inner)
            open_lists.append(inner)
        elif match["mark"] == "}":
            open_lists.pop()
            if not open_lists:
                raise ValueError("not an array")
        elif match["mark"] is None:
            open_lists[-1].append(_item(match))
    if len(open_lists) != 1 or len(root) != 1 or not isinstance(root[0], list):
        raise ValueError("not an array")
    return root[0]


def _item(match: re.Match[str]) -> Item:
    if match["quoted"] is not None:
        return _ESCAPED.sub(r"\1", match["quoted"])
    plain: str = match["plain"]
    return None if plain.upper() == "NULL" else _ESCAPED.sub(r"\1", plain.strip())


def array_text(items: list[Item]) -> str:
    """The array's text, with quotes where they are needed."""
    return "{" + ",".join(_written(item) for item in items) + "}"


def _written(item: Item) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return array_text(item)
    if _SAFE.fullmatch(item) and item.upper() != "NULL":
        return item
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mapped_items(items: list[Item], change: Callable[[str], str]) -> list[Item]:
    """The same array with every element changed."""
    return [
        mapped_items(item, change) if isinstance(item, list) else None if item is None else change(item)
        for item in items
    ]


def mapped_range(text: str, change: Callable[[str], str]) -> str:
    """The same range with its bounds changed. Raises ValueError."""
    if text == "empty":
        return text
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError("not a range")
    lower, upper = (_changed_bound(match[name], change) for name in ("lower", "upper"))
    return f"{match['open']}{lower},{upper}{match['close']}"


def _changed_bound(text: str, change: Callable[[str], str]) -> str:
    if text == "":
        return ""
    plain = text[1:-1].replace('""', '"') if text.startswith('"') else text
    changed = change(_ESCAPED.sub(r"\1", plain))
    if _SAFE.fullmatch(changed):
        return changed
    return '"' + changed.replace("\\", "\\\\").replace('"', '\\"') + '"'
