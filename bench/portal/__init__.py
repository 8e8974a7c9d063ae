"""Load of the public map: many viewers of state, pictures and video, through a real nginx."""
