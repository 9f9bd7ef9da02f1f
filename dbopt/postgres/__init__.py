"""The ground: connections, catalog, capabilities and the embedded server. Only here is psycopg imported."""
