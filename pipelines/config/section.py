"""Base of the sections of the configuration."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section: it refuses unknown keys, and the text below a key is its meaning in docs/configuration.md."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
