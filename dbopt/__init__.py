"""dbopt makes a PostgreSQL database fast and keeps it fast."""

__version__ = "0.1.0"
