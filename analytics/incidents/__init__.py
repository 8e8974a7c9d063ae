"""Incident detection: one detector per type, and a manager that numbers and ends the incidents."""
