-- The snapshot of this transaction, for another session to see the same rows. Needs no privilege.
SELECT pg_export_snapshot() AS snapshot;
