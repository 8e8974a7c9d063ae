-- Figures from which an incident was raised, beside the sentence about them. Earlier rows have none.
ALTER TABLE incidents ADD COLUMN evidence jsonb;
