"""The reference of the configuration."""

from pathlib import Path

from pipelines.config.settings import Config
from pipelines.config.settings_reference import reference

DOCUMENT = Path(__file__).parents[3] / "docs" / "configuration.md"


def test_the_document_is_that_of_the_settings() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == reference(), (
        "run python -m pipelines.config.settings_reference > docs/configuration.md"
    )


def test_every_setting_has_a_meaning() -> None:
    rows = [line.split(" | ") for line in reference().splitlines() if line.startswith("| `") and line.count(" | ") == 3]
    assert len(rows) > 40
    assert [row[0] for row in rows if not row[3].strip(" |")] == []


def test_every_section_is_listed() -> None:
    text = reference()
    for name in Config.model_fields:
        assert f"`{name}`" in text, name
