"""Camera tampering and view change detection."""
