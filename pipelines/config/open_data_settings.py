"""Settings of the open data: its licence, its publisher and the source to name."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from pipelines.config.section import Section

LicenceId = Literal["CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "ODbL-1.0"]
"""SPDX identifier of a licence for data."""


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence for data. ckan_id: its identifier in CKAN. [source: CKAN's list of licences]"""

    name: str
    url: str
    ckan_id: str


LICENCES: dict[LicenceId, Licence] = {
    "CC0-1.0": Licence("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/", "cc-zero"),
    "CC-BY-4.0": Licence("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/", "cc-by"),
    "CC-BY-SA-4.0": Licence("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/", "cc-by-sa"),
    "ODbL-1.0": Licence("ODbL 1.0", "https://opendatacommons.org/licenses/odbl/1-0/", "odc-odbl"),
}
"""Licences by SPDX identifier."""


class OpenDataConfig(Section):
    """Licence and publisher of the open data below `/api/v1` (`docs/open-data.md`). It is of public cameras only."""

    licence: LicenceId | None = None
    """Licence of the data, an SPDX identifier. Without it, every feed states none, and others may not use the data."""
    publisher: str = ""
    """Organisation that publishes the data, such as `Dinas Perhubungan Kota Batam`. Empty: the name of the city."""
    attribution: str = ""
    """Words with which users of the data name its source. Empty: the publisher."""
    contact_email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    """Public e-mail address for questions about the data."""
