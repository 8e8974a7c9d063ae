"""Configuration of a store for tests."""

from pydantic import SecretStr

from pipelines.config.settings import Config, StoreConfig


def config_for(dsn: str) -> Config:
    """Return a configuration with this database and defaults."""
    return Config(store=StoreConfig(dsn=SecretStr(dsn)))
