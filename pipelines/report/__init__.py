"""Survey sheet of a site and month by the methods of PKJI 2023, as PDF (extra `planner`)."""
