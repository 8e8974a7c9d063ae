"""The `simpang models export` command and its jobs."""
