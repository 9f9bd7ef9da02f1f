"""The log_line_prefix found out from a log."""

from __future__ import annotations

import pytest

from dbopt.workload.logs.infer import inferred
from dbopt.workload.logs.prefix import WANTED, header
from tests.workload.logs.written import log

PREFIXES = [
    "%m [%p] ",
    "%t [%p] ",
    "%m [%p] %q%u@%d ",
    "%m [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%t:%r:%u@%d:[%p]:",
    "%t:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:",
    "%m [%p]: [%l-1] db=%d,user=%u ",
    "%t-%c-",
    "%m %p %u %d ",
    "%m-%p-%l-%u-%d-",
    "< %m > ",
    "<%t>",
    "%p ",
    "[%p] ",
    "",
    "%n [%p] ",
    "%m [%c] %u@%d/%a ",
    "%t %d %u [%p] ",
    "%m;%p;%u;%d;%h;",
    "%m|%p|%u|%d|%r|%a|",
    "[%m] [%p] [%u@%d] ",
    "%t [%p-%l] %q%u@%d ",
    "%m [%p] %q[user=%u,db=%d,app=%a] ",
    "%t [%p]: user=%u,db=%d,client=%h,app=%a,line=%l ",
    "%m %c %l ",
    "%m:%r:%u@%d:[%p]:",
    "%t %u@%d(%p) ",
    "%m [%p] %a %u@%d %h ",
    "%m %b[%p] %v/%x %q%a ",
    "%m [%p] %b ",
    "%m [%p:%b] [%v:%x] [%i] %q[%u/%d] ",
    "user=%u,db=%d,pid=%p,",
    "%t pid=%p session=%c user=%u database=%d ",
    "time=%m pid=%p line=%l user=%u db=%d app=%a host=%h ",
    "%t [%p]: [%l-1] ",
    "%m [%p] %-10u ",
    "%m [%p] %10d|%-12u| ",
    "%m %%%p%% ",
    "{%t} {%p} {%u} {%d} ",
    "%t %h %d %u ",
    "%m [%p] [%e] %q%u@%d ",
    "%m [%p] [%Q] %q%u@%d ",
    'sql_error_code = %e time_ms = "%m" pid="%p" proc_start_time="%s" session_id="%c" vtid="%v" tid="%x" '
    'log_line="%l" database="%d" connection_source="%r" user="%u" application_name="%a" ',
    "%m [%p] db=%d,user=%u,app=%a,client=%r ",
    "%s %m [%p] ",
    "%m p=%p u=%u d=%d l=%l t=%x ",
    "%d %m %p: ",
]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_is_inferred(prefix: str) -> None:
    """What is found reads the same out of every entry."""
    text = log(prefix).text
    found = inferred(text.splitlines())
    assert found is not None
    assert read(found, text) == read(prefix, text)


def read(prefix: str, text: bytes) -> list[dict[str, bytes | None]]:
    names = (*WANTED, "severity", "first", "rest")
    return [{name: (match.groupdict().get(name) or b"") for name in names} for match in header(prefix).finditer(text)]
