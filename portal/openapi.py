"""OpenAPI document of the portal on standard output: `python -m portal.openapi`.

The types of the front end are generated from it (`npm run types` in portal/web). Equal code prints equal bytes.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import FastAPI
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from pipelines.config.settings import CityConfig, Config, UserConfig
from portal.app import create_app
from portal.auth.passwords import hash_password


def openapi_document() -> dict[str, Any]:
    """The document of a portal without cameras."""
    with bare_app() as app:
        return app.openapi()


@contextmanager
def bare_app() -> Iterator[FastAPI]:
    """A portal without cameras, with all its routes; neither a database nor a configuration file is read."""
    with TemporaryDirectory() as folder, ConnectionPool(open=False) as pool:
        user = UserConfig(name="operator", roles=("operator",), password_hash=SecretStr(hash_password("none")))
        config = Config(city=CityConfig(name="City"), users=(user,), data_dir=Path(folder))
        yield create_app(config, pool)


def main() -> None:
    """Print the document with sorted keys."""
    json.dump(openapi_document(), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
