-- Condition of a camera as a code with its details, beside its text in English. Earlier rows have none.
ALTER TABLE health ADD COLUMN condition text, ADD COLUMN details jsonb;
