"""The libraries of the extra `archive`, which not every installation has."""

from __future__ import annotations

import importlib
from typing import Any

from dbopt.errors import FeatureMissing


def imported(name: str) -> Any:
    """The module of this name. Raises FeatureMissing."""
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise FeatureMissing(f"this needs the library {package}", hint="pip install 'dbopt[archive]'") from None
