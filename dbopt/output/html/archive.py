"""Plans to take away: JSON as text where that is short, else all of them in one archive within the page. Pure."""

from __future__ import annotations

import base64
import bz2
import io
import json
import re
import tarfile
from collections.abc import Sequence
from typing import Any

_LARGEST = 1_500_000  # of a data: address; browsers refuse some 2 MB


def compact(plan: Any) -> str:
    """EXPLAIN's JSON without white space."""
    return json.dumps(plan, separators=(",", ":"), ensure_ascii=False)


def archive(plans: Sequence[tuple[str, Any]]) -> str:
    """A data: address of a .tar.bz2 with a file for each named plan; empty where a browser would not take it. The same
    plans give the same bytes.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for number, (name, plan) in enumerate(plans, 1):
            content = compact(plan).encode("utf-8", "backslashreplace")
            entry = tarfile.TarInfo(f"{number:03}-{_file_name(name)}.json")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    encoded = base64.b64encode(bz2.compress(packed.getvalue())).decode()
    return f"data:application/x-bzip2;base64,{encoded}" if len(encoded) <= _LARGEST else ""


def _file_name(name: str) -> str:
    """A name that is one on every file system."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:60].strip("-")
