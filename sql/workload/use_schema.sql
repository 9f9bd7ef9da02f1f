-- Makes the schema of an extension the one that is searched, until the end of the transaction. Anyone may.
SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(%(schema)s), true)
