"""Rules that select the webhooks for an incident, and the content of an alert.

`pipelines.store.writer` queues alerts in the transaction that stores the incident, so neither exists without the other.
They wait in the database, so a restart of either side loses none. `pipelines.alerts.dispatcher` delivers them.
"""

from dataclasses import dataclass
from typing import Any

from pipelines.config.settings import Config, WebhookConfig
from pipelines.events.schema import Event, IncidentReport

_FIELDS = (
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
"""Fields of an incident that its alert contains unchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message to one receiver. phase: `raised` or `ended`. payload: JSON, without links."""

    webhook_id: str
    incident_id: str
    phase: str
    payload: dict[str, Any]


class AlertRules:
    """Alerts for an event, by the webhooks, cameras and sites of the configuration."""

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
            if is_for(webhook, incident)
        ]

    def _payload(self, incident: IncidentReport) -> dict[str, Any]:
        camera = self._cameras.get(incident.camera_id)
        site = self._sites.get(camera.site) if camera and camera.site else None
        position = None
        if incident.lat is not None and incident.lon is not None:
            position = {"lat": incident.lat, "lon": incident.lon}
        elif camera and camera.position:
            position = {"lat": camera.position.lat, "lon": camera.position.lon}
        content = incident.model_dump(mode="json", include=set(_FIELDS))
        return {
            **content,
            "camera": {"id": incident.camera_id, "name": camera.name if camera else None},
            "site": {"id": site.id, "name": site.name} if site else None,
            "position": position,
        }


def is_for(webhook: WebhookConfig, incident: IncidentReport) -> bool:
    """Return whether `webhook` is for this type of incident. A webhook without types is for all of them."""
    return not webhook.types or incident.type in webhook.types
