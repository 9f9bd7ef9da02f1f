-- What ALTER ROLE and ALTER DATABASE set for a role in this database, the strongest first: the role's own in this
-- database, the role's own, the database's, those of all roles. No row: there is no such role. Needs no privilege.
SELECT split_part(w.text, '=', 1) AS name, substr(w.text, strpos(w.text, '=') + 1) AS value
FROM pg_roles AS r
LEFT JOIN pg_db_role_setting AS s
       ON s.setrole IN (r.oid, 0)
      AND s.setdatabase IN ((SELECT oid FROM pg_database WHERE datname = current_database()), 0)
LEFT JOIN LATERAL unnest(s.setconfig) WITH ORDINALITY AS w (text, position) ON true
WHERE r.rolname = %(role)s
ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC, w.position DESC;
