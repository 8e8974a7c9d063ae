-- Parts from which the row of an interval was merged, after a restart of the analysis within it. NULL: one part.
ALTER TABLE gate_intervals ADD COLUMN parts jsonb;
ALTER TABLE zone_intervals ADD COLUMN parts jsonb;
