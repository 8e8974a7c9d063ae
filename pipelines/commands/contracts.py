"""`simpang contracts`: contracts of the events for other programs."""

from pathlib import Path

import click

from pipelines.events.event_contracts import contracts as contract_files


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def contracts(folder: Path) -> None:
    """Write the JSON Schema of each kind of event and an AsyncAPI document of the Kafka topics into FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contract_files().items():
        (folder / name).write_text(content, encoding="utf-8")
        click.echo(folder / name)
