-- Mean largest scale of pictures that overload left to the analysis; 1 is whole pictures. Earlier rows have none.
ALTER TABLE health ADD COLUMN picture_scale real;
