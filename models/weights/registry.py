"""Registry of models that can be fetched by name: pinned files with their SHA-256."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from models.errors import UnusableWeights


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """Entry of the registry. sha256: hexadecimal, of the file at `url`."""

    name: str
    url: str
    sha256: str
    licence: str


@cache
def registered_models() -> dict[str, RegisteredModel]:
    """All entries by name."""
    registry: dict[str, Any] = json.loads(files("models.weights").joinpath("registry.json").read_text(encoding="utf-8"))
    return {name: RegisteredModel(name=name, **entry) for name, entry in registry.items()}


def registered_model(name: str) -> RegisteredModel:
    """Entry by name. Raises UnusableWeights for an unknown name."""
    models = registered_models()
    if name not in models:
        raise UnusableWeights(f"no model is called {name!r}; known are {', '.join(models)}")
    return models[name]
