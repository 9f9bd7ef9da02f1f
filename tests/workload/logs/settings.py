"""Settings of log_line_prefix as they are met: of distributions, clouds, operators and tools, and some nobody should
have chosen. The samples in prefixes/ were written by a real server with each of them (write_samples.py).
"""

from __future__ import annotations

PREFIXES: dict[str, str] = {
    # of PostgreSQL and distributions
    "default": "%m [%p] ",
    "none": "",
    "debian": "%m [%p] %q%u@%d ",
    "debian_9": "%t [%p-%l] %q%u@%d ",
    "debian_8": "%t ",
    "rhel": "< %m > ",
    "rhel_6": "<%t>",
    "edb": "%m [%p] %q[user=%u,db=%d,app=%a,host=%h] ",
    "cis": "%m [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ",
    "postgres_pro": "time=%t, pid=%p %q db=%d, usr=%u, client=%h , app=%a, line=%l ",
    # of clouds
    "rds": "%t:%r:%u@%d:[%p]:",
    "rds_aurora": "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:",
    "cloud_sql": "%m [%p]: [%l-1] db=%d,user=%u ",
    "azure": "%t-%c-",
    "azure_citus": "%t-%c-user=%u,db=%d,app=%a,client=%h ",
    "heroku": (
        'sql_error_code = %e time_ms = "%m" pid="%p" proc_start_time="%s" session_id="%c" vtid="%v" tid="%x" '
        'log_line="%l" %qdatabase="%d" connection_source="%r" user="%u" application_name="%a" '
    ),
    "heroku_old": " sql_error_code = %e ",
    "crunchy": "%m [%p][%b][%v][%x] %q[user=%u,db=%d,app=%a] ",
    "supabase": "%h %m [%p] %q%u@%d ",
    "aiven": "pid=%p,user=%u,db=%d,app=%a,client=%h ",
    "aiven_time": "%m [%p] %q[user=%u,db=%d,app=%a] ",
    # of operators and tools
    "pgbadger": "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "pgbadger_short": "%t [%p]: user=%u,db=%d,app=%a,client=%h ",
    "pgbadger_old": "%t [%p]: [%l-1] db=%d,user=%u ",
    "pgbadger_syslog": "user=%u,db=%d,app=%a,client=%h ",
    "spilo": "%t [%p]: [%l-1] %c %x %d %u %a %h ",
    "postgresql_cluster": "%t [%p-%l] %r %q%u@%d/%a ",
    "percona": "%m [%p] %q%u@%d/%a ",
    "pganalyze_1": "%m [%p][%v] : [%l-1] %q[app=%a] ",
    "pganalyze_5": "%t [%p]: [%l-1] user=%u,db=%d - PG-%e ",
    "pganalyze_7": "%t [%p]: [%l-1] [trx_id=%x] user=%u,db=%d ",
    "pganalyze_8": "[%p]: [%l-1] db=%d,user=%u ",
    "pganalyze_9": "%m %r %u %a [%c] [%p] ",
    "pganalyze_13": "%p-%s-%c-%l-%h-%u-%d-%m ",
    "pganalyze_16": "%t [%p] %q%u@%d %h ",
    "tail_n_mail": "%t [%p] %u@%d ",
    "command_tag": "%t:%r:%u@%d:%i:[%p]: ",
    "puppet": "%t %p %u %d ",
    "dashes": "%m-%u-%d ",
    # separators and brackets
    "pipes": "%m|%p|%u@%d|%h|%a|%e|",
    "pipes_session": "%m|%u|%d|%c|",
    "semicolons": "%m;%p;%u;%d;%a;%h;%e;",
    "tabs": "%m\t%p\t%u\t%d\t",
    "brackets": "[%m] [%p] [%u] [%d] [%r] [%a]: ",
    "angles": "<%m %u %d %r> ",
    "braces": "%m {%c} %q(%u,%d,%r) ",
    "slashes": "%m [%p:%l] %u@%d/%a ",
    "logfmt": "ts=%m pid=%p user=%u db=%d app=%a host=%h ",
    "like_json": '{"ts":"%m","pid":%p,"user":"%u","db":"%d"} ',
    "percents": "%%%m%% %p ",
    # widths, numbers, and words that look like something else
    "padded": "%m %-10u %-12d [%6p] ",
    "padded_left": "%m [%8p] %12u@%-12d %5l ",
    "epoch": "%n [%p] %u@%d ",
    "epoch_only": "%n ",
    "query_id": "%m [%p] [%Q] %q%u@%d ",
    "backend_type": "%b[%p] %m %P %q%u %d: ",
    "every_number": "%m %p %c %l %v %x %e ",
    "session_first": "%s %c-%l %m ",
    "state_first": "%e %m [%p] ",
    "application_first": "%a: %u@%d %r %m %p ",
    "host_first": "%h %d %u %m %p ",
    "like_syslog": "postgres[%p]: [%l-1] %m user=%u db=%d ",
    "severity_inside": "ERROR-LOG %m [%p] %u@%d ",
    "severity_before": "%m LOG [%p] %q%u@%d ",
    "word_last": "%m [%p] %u@%d pg15-primary ",
}

# Of PostgreSQL 18, which knows %L.
PREFIXES_18: dict[str, str] = {
    "local_address": "%m [%p] %q%u@%d %L<%r ",
    "every_text": "%a|%u|%d|%r|%h|%L|%b|%i|%e|%c ",
}
# Other settings that decide how statements get into the log, with the default prefix.
STYLES: dict[str, dict[str, str]] = {
    "before_and_after": {"log_statement": "all", "log_duration": "on", "log_min_duration_statement": "-1"},
    "verbose": {"log_error_verbosity": "verbose"},
    "terse": {"log_error_verbosity": "terse"},
    "short_parameters": {"log_parameter_max_length": "4", "log_parameter_max_length_on_error": "4"},
    "without_parameters": {"log_parameter_max_length": "0", "log_parameter_max_length_on_error": "0"},
}
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Asia/Kolkata")


def zone(name: str) -> str:
    """The log_timezone of a sample: each in turn."""
    return ZONES[[*PREFIXES, *PREFIXES_18, *STYLES].index(name) % len(ZONES)]
