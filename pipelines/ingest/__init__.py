"""Video ingest: connections, decoding, newest frame per camera."""
