"""Measurements against peers, on the same machine in the same session. Nothing here is part of the product."""
