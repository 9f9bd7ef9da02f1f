"""HiGHS under Ctrl-C: it would not look at signals before it is done, which may take long."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from highspy import Highs


def run(solver: Highs) -> None:
    """Solve; whatever interrupts the wait for it, such as KeyboardInterrupt, ends the solver first."""
    unwanted, ended = Event(), Event()

    def look(event: Any) -> None:
        if unwanted.is_set():
            event.interrupt()

    def solve() -> None:
        try:
            solver.run()
        finally:
            ended.set()

    for callback in (solver.cbSimplexInterrupt, solver.cbIpmInterrupt, solver.cbMipInterrupt):
        callback.subscribe(look)
    Thread(target=solve).start()
    try:
        ended.wait()  # Thread.join, once interrupted, takes the thread for ended
    finally:
        unwanted.set()
        ended.wait()
