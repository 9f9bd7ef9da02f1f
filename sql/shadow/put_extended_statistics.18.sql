-- Store extended statistics. Needs to be superuser, and casts from bytea.
INSERT INTO pg_statistic_ext_data (stxoid, stxdinherit, stxdndistinct, stxddependencies, stxdmcv)
VALUES (%(oid)s::bigint::oid, %(inherited)s, %(n_distinct)s::bytea::pg_ndistinct,
        %(dependencies)s::bytea::pg_dependencies, %(list)s::bytea::pg_mcv_list);
