"""Storage of events in PostgreSQL and TimescaleDB."""
