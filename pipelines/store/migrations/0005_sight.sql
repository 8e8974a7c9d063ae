-- Whether the detector saw what moved: clear, doubtful or blind. Earlier rows have none.
ALTER TABLE gate_intervals ADD COLUMN sight text;
ALTER TABLE zone_intervals ADD COLUMN sight text;
ALTER TABLE levels ADD COLUMN sight text;
