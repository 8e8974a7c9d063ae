"""Traffic flow measures: gate counts, speed, density, queues, congestion level."""
