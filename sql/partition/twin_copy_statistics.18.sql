-- Give relations the column statistics of others, by column names, without those of one column. Needs to be superuser.
INSERT INTO pg_statistic
SELECT t.attrelid, t.attnum, w.inherited, s.stanullfrac, s.stawidth, s.stadistinct,
       s.stakind1, s.stakind2, s.stakind3, s.stakind4, s.stakind5,
       s.staop1, s.staop2, s.staop3, s.staop4, s.staop5,
       s.stacoll1, s.stacoll2, s.stacoll3, s.stacoll4, s.stacoll5,
       s.stanumbers1, s.stanumbers2, s.stanumbers3, s.stanumbers4, s.stanumbers5,
       s.stavalues1, s.stavalues2, s.stavalues3, s.stavalues4, s.stavalues5
FROM unnest(%(sources)s::bigint[], %(targets)s::bigint[], %(inherited)s::boolean[], %(without)s::text[])
    AS w (source, target, inherited, without)
JOIN pg_statistic AS s ON s.starelid = w.source::oid AND NOT s.stainherit
JOIN pg_attribute AS o ON o.attrelid = s.starelid AND o.attnum = s.staattnum
JOIN pg_attribute AS t ON t.attrelid = w.target::oid AND t.attname = o.attname AND t.attnum > 0
WHERE o.attname IS DISTINCT FROM w.without;
