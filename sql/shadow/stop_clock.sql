-- Let the session's time stand still. Needs no privilege.
SELECT set_config('dbopt.clock', %(at)s, false);
