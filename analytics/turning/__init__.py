"""Turning movement counts at a junction."""
