"""Basemap of a city: vector tiles in one file, made from an extract of OpenStreetMap."""
