"""SQL scripts from Jinja templates: every value passes through the filter `ident` or `literal`, the body of a DO
through `dollar`, and every name in a template has a value.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from dbopt import resources
from dbopt.postgres.identifiers import dollar_quoted, literal, quoted

if TYPE_CHECKING:
    from jinja2 import Environment


def render(name: str, /, **values: Any) -> str:
    """The script `templates/<name>.j2` with these values. A name without a value is jinja2's UndefinedError."""
    return _environment().get_template(f"{name}.j2").render(values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - SQL, not HTML: `ident` and `literal` quote
        loader=FunctionLoader(resources.template),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(ident=quoted, literal=literal, dollar=dollar_quoted)
    return environment
