-- The settings of a session that archives: limits that a role has for applications would end each run at the same place,
-- and a file that is there must not outlive the row of the ledger that knows it. Needs no privilege.
SELECT set_config(s.name, coalesce(v.value, CASE s.setting WHEN 'off' THEN 'on' ELSE s.setting END), false)
FROM (VALUES ('statement_timeout', '0'),
             ('idle_session_timeout', '0'),
             ('idle_in_transaction_session_timeout', '0'),
             ('transaction_timeout', '0'),
             ('default_transaction_isolation', 'read committed'),
             ('synchronous_commit', NULL)) AS v (name, value)
JOIN pg_settings AS s ON s.name = v.name;
