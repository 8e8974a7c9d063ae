"""Catalogue of cameras and their API."""
