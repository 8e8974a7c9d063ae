"""Selection of the image regions that need detection."""
