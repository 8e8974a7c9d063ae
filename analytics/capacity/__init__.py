"""Road capacity and level of service by Indonesian practice (PKJI 2023)."""
