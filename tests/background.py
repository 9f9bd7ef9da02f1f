"""What goes on beside a test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def working(*tasks: Callable[[], None]) -> Iterator[None]:
    """Tasks that run again and again, each in a thread, until the block ends; what they raise is raised."""
    ended = threading.Event()
    raised: list[BaseException] = []

    def loop(task: Callable[[], None]) -> None:
        try:
            while not ended.is_set():
                task()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=loop, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert raised == []
