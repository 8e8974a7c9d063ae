"""Evidence of incidents: snapshots."""
