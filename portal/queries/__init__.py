"""All SQL of the portal: rows in, typed rows out. Nothing here writes."""
