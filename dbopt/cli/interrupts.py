"""Ctrl-C for commands that end with what they have."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ended_by_interrupt() -> Iterator[threading.Event]:
    """An event that the first SIGINT sets; a second one interrupts as usual."""
    asked = threading.Event()
    former = signal.getsignal(signal.SIGINT)

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, former)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, former)
