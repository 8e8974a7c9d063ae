"""Answers for planners: agreement with plain SQL, time of queries, and time of the report."""
