-- A customer logs in. Needs: SELECT.
SELECT id, name, country FROM customers WHERE email = %(email)s
