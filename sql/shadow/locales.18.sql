-- Locales of the C library that a database could have, apart from those that compare bytes. Needs no privilege.
SELECT collcollate::text AS locale
FROM pg_collation
WHERE collprovider = 'c' AND collencoding IN (-1, pg_char_to_encoding('UTF8')) AND collcollate NOT IN ('C', 'POSIX')
ORDER BY collcollate;
