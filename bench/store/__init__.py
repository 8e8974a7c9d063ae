"""Speed of the database with a long history: writes, queries, late rows, compression."""
