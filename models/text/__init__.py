"""Text and tables of the files that users save."""
