"""Ctrl-C for commands that end with what they have."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ended_by_interrupt(*also: signal.Signals) -> Iterator[threading.Event]:
    """An event that the first SIGINT, or one of the other signals, sets; a second one does what it always does."""
    asked = threading.Event()
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, *also)}

    def ask(number: int, _: FrameType | None) -> None:
        asked.set()
        signal.signal(number, former[signal.Signals(number)])

    for number in former:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
