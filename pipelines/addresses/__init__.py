"""Addresses that may carry a secret: one parser and one mask for all of them."""
