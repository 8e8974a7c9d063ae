"""Road user detection: network backends, pre- and postprocessing."""
