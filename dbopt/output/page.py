"""HTML pages from templates: self-contained, everything escaped."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from dbopt import resources
from dbopt.output import units

if TYPE_CHECKING:
    from jinja2 import Environment


def render(name: str, **values: Any) -> str:
    """The page `templates/<name>.j2` with these values. A name without a value is jinja2's UndefinedError."""
    return _environment().get_template(f"{name}.j2").render(**values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(resources.template),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "one_line": units.one_line,
        "milliseconds": units.milliseconds,
        "factor": units.factor,
        "count": units.count,
        "percent": units.percent,
        "size": units.size,
    }
    return environment
