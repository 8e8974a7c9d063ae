"""Worker process: supervised cameras, their health, a clean stop."""
