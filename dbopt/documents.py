"""The JSON files that commands exchange: a frozen dataclass in, deterministic text out, and back with every field
checked.

A document class names its format in `SCHEMA` ("dbopt.workload/1"), and in `WRITTEN_BY` the command that writes it.
Fields are written in the order of their declaration, the schema first; one that was declared with `extra` only where it
says something. Unknown keys are ignored, so that a later version may add some.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import sys
import tempfile
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from dbopt.errors import CorruptDocument, FileError, FileMissing, UnsupportedDocument
from dbopt.units import MOST

T = TypeVar("T")
_EXTRA = "left out where it has its default"
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def extra(default: Any) -> Any:
    """A field that is left out of the document where it has its default: few documents have it."""
    return dataclasses.field(default=default, metadata={_EXTRA: True})


def as_json(document: Any) -> dict[str, Any]:
    """The document as plain data, its schema first."""
    return {"schema": document.SCHEMA, **_encode(document)}


def dump(document: Any) -> str:
    """Deterministic UTF-8 text, with a newline at its end."""
    return json.dumps(as_json(document), indent=2, ensure_ascii=False) + "\n"


def load(cls: type[T], text: str, origin: str = "input") -> T:
    """Read a document of this class. Raises CorruptDocument or UnsupportedDocument, naming the place."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError, OverflowError) as error:
        raise CorruptDocument(f"{origin} is not valid JSON: {error}", hint=_hint(cls)) from None
    if not isinstance(data, dict) or "schema" not in data:
        raise CorruptDocument(f'{origin} has no "schema" key', hint=_hint(cls))
    _check_schema(cls, str(data["schema"]), origin)
    decoded: T = _decode(cls, data, origin)
    return decoded


def read(cls: type[T], path: str) -> T:
    """Read a document from a file; `-` is standard input."""
    return load(cls, read_text(path), "standard input" if path == "-" else path)


def read_text(path: str) -> str:
    """A UTF-8 file's text; `-` is standard input."""
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
    except FileNotFoundError:
        raise FileMissing(f"there is no file {path}") from None
    except UnicodeDecodeError:
        raise CorruptDocument(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a whole file or nothing: a reader, or a run killed half-way, never sees a part of it. A link stays one, and
    a device or pipe is written to, not replaced.
    """
    data = content.encode() if isinstance(content, str) else content
    path = path.resolve()
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        scratch = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            scratch.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
            scratch.replace(path)
        except BaseException:
            scratch.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _hint(cls: type[Any]) -> str:
    return f'a file of format "{cls.SCHEMA}" is expected here; `{cls.WRITTEN_BY}` writes one'


def _check_schema(cls: type[Any], found: str, origin: str) -> None:
    if found == cls.SCHEMA:
        return
    name, _, version = found.partition("/")
    if name == cls.SCHEMA.partition("/")[0]:
        raise UnsupportedDocument(
            f"{origin} has format {found}; this dbopt reads {cls.SCHEMA}",
            hint=f"use the dbopt that wrote version {version}, or write the file anew",
        )
    raise CorruptDocument(f"{origin} is a {found} file, not {cls.SCHEMA}", hint=_hint(cls))


def _encode(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _encode(getattr(value, field.name)) for field in _written_fields(value)}
    if isinstance(value, (list, tuple)):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _encode(item) for key, item in value.items()}
    if isinstance(value, float):
        return _rounded(value)
    return value


def _written_fields(value: Any) -> Iterator[dataclasses.Field[Any]]:
    for field in dataclasses.fields(value):
        if _EXTRA not in field.metadata or getattr(value, field.name) != field.default:
            yield field


def _rounded(value: float) -> float:
    """Six decimals are more than any time or cost deserves, and keep diffs readable."""
    return round(value, 6)


def _decode(hint: Any, value: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _decode_union(get_args(hint), value, where)
    if hint is Any:
        return value
    if origin is Literal:
        _expect(value in get_args(hint), f"one of {', '.join(get_args(hint))}", value, where)
        return value
    if dataclasses.is_dataclass(hint):
        return _decode_dataclass(hint, value, where)
    if origin is tuple:
        _expect(isinstance(value, list), "a list", value, where)
        item_hint = get_args(hint)[0]
        return tuple(_decode(item_hint, item, f"{where}[{n}]") for n, item in enumerate(value))
    if origin is dict:
        _expect(isinstance(value, dict), "an object", value, where)
        return {key: _decode(get_args(hint)[1], item, f"{where}.{key}") for key, item in value.items()}
    return _decode_scalar(hint, value, where)


def _decode_union(hints: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in hints:
        return None
    rest = [hint for hint in hints if hint is not type(None)]
    for hint in rest[:-1]:
        try:
            return _decode(hint, value, where)
        except CorruptDocument:
            continue
    return _decode(rest[-1], value, where)


def _decode_dataclass(cls: Any, value: Any, where: str) -> Any:
    _expect(isinstance(value, dict), "an object", value, where)
    hints = _hints(cls)
    fields = {}
    for field in dataclasses.fields(cls):
        if field.name in value:
            fields[field.name] = _decode(hints[field.name], value[field.name], f"{where}: {field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise CorruptDocument(f'{where}: "{field.name}" is missing')
    return cls(**fields)


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)


def _decode_scalar(hint: Any, value: Any, where: str) -> Any:
    if isinstance(value, str) and not _is_storable(value):
        raise CorruptDocument(f"{where}: the text holds characters that no PostgreSQL server takes")
    if isinstance(value, float) and not math.isfinite(value):
        raise CorruptDocument(f"{where}: a finite number is expected")
    if isinstance(value, int) and not -MOST <= value <= MOST:
        raise CorruptDocument(f"{where}: a number of at most {MOST} is expected")
    names = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    _expect(isinstance(value, hint) and (hint is bool or not isinstance(value, bool)), names[hint], value, where)
    return value


def _is_storable(text: str) -> bool:
    """Whether it has a form in UTF-8 and no NUL, at which C programs would cut it."""
    return _NOT_STORABLE.search(text) is None


def _expect(condition: bool, wanted: str, value: Any, where: str) -> None:
    if not condition:
        raise CorruptDocument(f"{where}: {wanted} is expected, not {json.dumps(value)[:40]}")
