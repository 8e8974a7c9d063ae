"""Incident alerts by webhook: which incidents go to whom, and in which words.

Alerts are queued by the store in the transaction that keeps the incident, so neither exists without the other, and
they wait in the database: a restart of either side loses none. `pipelines.alerts.dispatcher` delivers them.
"""

from dataclasses import dataclass
from typing import Any

from pipelines.config.settings import Config, WebhookConfig
from pipelines.events.schema import Event, IncidentReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message to one receiver; `phase` is `raised` or `ended`."""

    webhook_id: str
    incident_id: str
    phase: str
    payload: dict[str, Any]


class AlertRules:
    """Who is told of an incident, and of which place."""

    def __init__(self, config: Config) -> None:
        self._webhooks = config.webhooks
        self._cameras = {camera.id: camera for camera in config.cameras}
        self._sites = {site.id: site for site in config.sites}

    def __call__(self, event: Event) -> list[Alert]:
        incident = event.data
        if not isinstance(incident, IncidentReport):
            return []
        return [
            Alert(
                webhook_id=webhook.id,
                incident_id=incident.incident_id,
                phase=incident.phase.value,
                payload=self._payload(incident),
            )
            for webhook in self._webhooks
            if wants(webhook, incident)
        ]

    def _payload(self, incident: IncidentReport) -> dict[str, Any]:
        camera = self._cameras.get(incident.camera_id)
        site = self._sites.get(camera.site) if camera and camera.site else None
        position = None
        if incident.lat is not None and incident.lon is not None:
            position = {"lat": incident.lat, "lon": incident.lon}
        elif camera and camera.position:
            position = {"lat": camera.position.lat, "lon": camera.position.lon}
        known = incident.model_dump(mode="json", include=set(_TOLD))
        return {
            **known,
            "camera": {"id": incident.camera_id, "name": camera.name if camera else None},
            "site": {"id": site.id, "name": site.name} if site else None,
            "position": position,
        }


_TOLD = (
    "incident_id",
    "phase",
    "type",
    "zone",
    "start_at",
    "detected_at",
    "end_at",
    "confidence",
    "reason",
    "snapshot",
)


def wants(webhook: WebhookConfig, incident: IncidentReport) -> bool:
    """A receiver that lists no types wants all of them."""
    return not webhook.types or incident.type in webhook.types
