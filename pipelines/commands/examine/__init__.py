"""`simpang models examine`: a network on labelled pictures."""
