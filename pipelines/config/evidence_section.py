"""Settings of packages of evidence."""

from pydantic import Field

from pipelines.config.section import Section


class EvidenceConfig(Section):
    """Signed packages of evidence of incidents: clip, snapshot and event (`docs/evidence.md`)."""

    enabled: bool = False
    """True stores a clip of each incident. Check beforehand that the owner of each camera permits it. A worker keeps
    the last seconds of each camera in memory, about 5 MB at 4 Mbit/s."""
    before_s: float = Field(default=10.0, ge=0, le=60)
    """Seconds of video before the alert. The clip begins at the keyframe before."""
    after_s: float = Field(default=10.0, ge=0, le=60)
    """Seconds of video after the alert."""
    keep_days: float = Field(default=30.0, gt=0)
    """Days after which a package is destroyed, unless it is under legal hold."""
    max_mb: int = Field(default=20_000, ge=1)
    """Space for packages in megabytes; the oldest are destroyed. Those under legal hold are not counted."""
