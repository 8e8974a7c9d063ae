"""Publication of the dataset in a CKAN portal: created, changed, or left as it is."""

from collections.abc import Callable

from pipelines.config.settings import Config
from portal.open_data.ckan_client import CkanClient
from portal.open_data.ckan_dataset import changes_of, wanted_dataset


def publish(
    config: Config,
    client: CkanClient,
    *,
    name: str,
    organization: str | None,
    dry_run: bool,
    report: Callable[[str], None],
) -> None:
    """Make the dataset `name` equal to what the portal offers; a repetition changes nothing.

    dry_run: only report. Raises UserError where the portal refuses or does not answer.
    """
    wanted = wanted_dataset(config, name, organization)
    existing = client.dataset(name)
    would = "would be " if dry_run else ""
    if existing is None:
        if not dry_run:
            client.create(wanted)
        report(f"{name}: {would}created, with {len(wanted['resources'])} resources")
        return
    changes = changes_of(existing, wanted)
    if changes and not dry_run:
        client.change(existing["id"], changes)
    report(f"{name}: {would}changed: {', '.join(sorted(changes))}" if changes else f"{name}: unchanged")
