"""HTML pages from templates: self-contained, everything escaped, under a policy that lets nothing but their own style
in: no script, no request, no frame.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from dbopt import resources
from dbopt.output import units

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

# Characters that show nothing, or change how others are shown: controls but tab and line feed, marks and overrides of
# the writing direction, halves of characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_SPACE = re.compile(r"\s+")
_AROUND = re.compile(r" ?([{};,]) ?|(?<=[a-z]:) ")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ID = re.compile(r"\b[0-9a-f]{16}\b")
_COMMAND = re.compile(r"`([^`]+)`")


def render(name: str, styles: tuple[str, ...] = (), **values: Any) -> str:
    """The page `templates/<name>.j2` with these values and style sheets. A name without a value is jinja2's
    UndefinedError.
    """
    environment = _environment()
    style = _style(("report/style.css", *styles))
    return environment.get_template(f"{name}.j2").render(style=style, policy=_policy(style), **values)


def visible(text: str) -> str:
    """Text in which every character can be seen: what could hide or turn others stands as ‹U+202E›."""
    return _INVISIBLE.sub(lambda found: f"‹U+{ord(found[0]):04X}›", text.replace("\r\n", "\n"))


@cache
def _style(names: tuple[str, ...]) -> Markup:
    """Style sheets of our own as one, without comments and superfluous white space."""
    from markupsafe import Markup

    sheets = (_environment().get_template(f"{name}.j2").render() for name in names)
    text = _SPACE.sub(" ", _COMMENT.sub("", "\n".join(sheets))).strip()
    return Markup(_AROUND.sub(lambda found: found[1] or "", text).replace(";}", "}"))  # noqa: S704


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _text(value: Any) -> Markup:
    """Escaped for a place between tags, where quotes mean nothing: shorter than what attributes need."""
    from markupsafe import Markup

    shown = visible(str(value)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(shown)  # noqa: S704


def _prose(value: Any) -> Markup:
    """The same of a sentence of ours, in which commands stand between backticks."""
    from markupsafe import Markup

    return Markup(_COMMAND.sub(r"<code>\1</code>", str(_text(value))))  # noqa: S704


def _referring(value: Any, numbers: Mapping[str, int]) -> Markup:
    """The same of a sentence that names statements by their ids: links to those that have these numbers on the page."""
    from markupsafe import Markup

    def link(found: re.Match[str]) -> str:
        number = numbers.get(found[0])
        return found[0] if number is None else f"<a href=#s{number}>#{number}</a>"

    return Markup(_ID.sub(link, str(_text(value))))  # noqa: S704


def _finalized(value: Any) -> Any:
    return visible(value) if type(value) is str else value


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(resources.template),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "text": _text,
        "prose": _prose,
        "referring": _referring,
        "one_line": units.one_line,
        "milliseconds": units.milliseconds,
        "factor": units.factor,
        "count": units.count,
        "percent": units.percent,
        "size": units.size,
    }
    return environment
