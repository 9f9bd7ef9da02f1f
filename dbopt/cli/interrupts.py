"""Ctrl-C: at once as long as no command has begun, then as KeyboardInterrupt, and for commands that end with what they
have as an event.
"""

from __future__ import annotations

import os
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


def leave_at_once() -> None:
    """Until a command begins there is nothing to tidy up: say so in a line, and be gone. An exception would be lost
    somewhere in what is being imported, or shown with its traceback.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where SIGINT is ignored, as behind nohup
        signal.signal(signal.SIGINT, _leave)


def leave_by_exception() -> None:
    """From now on there is something to tidy up."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def is_interrupt(error: BaseException) -> bool:
    """Whether it is, or came of, a Ctrl-C: a module that is being imported makes other errors of it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, KeyboardInterrupt):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _leave(_number: int, _frame: FrameType | None) -> None:
    os.write(2, b"dbopt: error: Interrupted.\n")
    os._exit(130)
