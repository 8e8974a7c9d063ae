"""Events that leave a worker: schema and mapping from facts."""
