"""Weights of the detector of the simulated city; `models.weights.bundled` finds them by entry point."""

from pathlib import Path

DEMO_CITY = "demo-city"
"""Name of the weights in `weights` of a configuration; the entry point in pyproject.toml has the same name."""

DEMO_CITY_FOLDER = Path(__file__).with_name("demo_city")
"""Folder of the weights and of the report of their training."""

DEMO_CITY_WEIGHTS = DEMO_CITY_FOLDER / "simulated-city-only_int8_openvino_model"
"""OpenVINO folder of the weights."""

DEMO_CITY_STEPS = 15_600
"""Steps of the training that made the weights, and default of a new training [source: demo_city/report.json]."""
