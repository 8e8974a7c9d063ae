"""Evidence in the pixels of whether the detector sees what moves."""
