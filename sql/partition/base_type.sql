-- The type of a column beneath its domains. Needs no privilege.
WITH RECURSIVE based AS (
    SELECT a.atttypid AS type
    FROM pg_attribute AS a
    WHERE a.attrelid = %(table)s::regclass AND a.attname = %(column)s
    UNION ALL
    SELECT t.typbasetype
    FROM based AS b
    JOIN pg_type AS t ON t.oid = b.type AND t.typtype = 'd'
)
SELECT format_type(b.type, NULL) AS type
FROM based AS b
JOIN pg_type AS t ON t.oid = b.type AND t.typtype <> 'd';
