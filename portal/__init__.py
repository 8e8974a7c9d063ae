"""Web portal: HTTP API, public map, history for planners, incidents for police."""
