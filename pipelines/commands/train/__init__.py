"""`simpang models train`: a network trained on labelled pictures."""
