"""Parts of one camera in the worker: health, analysis slot and live video."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from analytics.camera import Camera
from pipelines.analysis.camera_pipeline import CameraPipeline, PipelineResult
from pipelines.analysis.event_publisher import EventPublisher
from pipelines.analysis.loop import CameraSlot
from pipelines.analysis.size_store import SizeStore
from pipelines.analysis.view_gate import ViewGate
from pipelines.analysis.view_store import ViewStore, has_geometry
from pipelines.config.settings import CameraConfig, Config
from pipelines.events.condition_text import english
from pipelines.events.gate_condition import gate_conditions
from pipelines.events.mapping import CameraEvent
from pipelines.evidence.recorder import EvidenceRecorder, RecordedCamera
from pipelines.evidence.snapshots import Snapshots
from pipelines.ingest.frame_buffer import LatestFrameSlot
from pipelines.learning.offers import FrameOffers
from pipelines.learning.picture_keeper import PictureKeeper
from pipelines.live_video.hls_playlist import LivePlaylist
from pipelines.worker.camera_health import CameraHealth

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraParts:
    """Parts of one camera that several threads use.

    health, slot and recorded are thread-safe. playlist belongs to the thread of the stream for viewers while that runs.
    recorded: last packets and incidents, for evidence; None where none is recorded.
    """

    config: CameraConfig
    health: CameraHealth
    slot: CameraSlot
    playlist: LivePlaylist
    recorded: RecordedCamera | None = None


def make_parts(
    camera: CameraConfig,
    config: Config,
    health: CameraHealth,
    *,
    on_put: Callable[[], None],
    send: Callable[[CameraEvent], None],
    keeper: PictureKeeper | None = None,
    recorder: EvidenceRecorder | None = None,
) -> CameraParts:
    """Return the parts of a camera. on_put: called for each frame that awaits its analysis. send: receives its events.

    keeper: of pictures for labelling. recorder: of evidence. Both are None where the configuration permits none. Raises
    UserError where the camera's geometry file cannot be used.
    """
    geometry = config.geometry_of(camera)
    snapshots = Snapshots(config.data_dir / "snapshots")
    recorded = None if recorder is None else recorder.camera(camera)
    offers = None if keeper is None else FrameOffers(camera.id, keeper.offer_every_s, keeper.offer)

    def emit(event: CameraEvent) -> None:
        send(event)
        if recorded is not None:
            recorded.observe(event)

    def make_pipeline(image_size: tuple[int, int]) -> CameraPipeline:
        scaled = camera.camera(geometry, image_size)
        _report_faulty_gates(scaled, health)
        sizes = SizeStore(config.data_dir / "sizes" / f"{camera.id}.json", geometry, image_size)
        publish = EventPublisher(scaled, snapshots.save, emit, health.fact_dropped).publish

        def deliver(result: PipelineResult) -> None:
            publish(result)
            if result.frame is not None:
                sizes.save_if_due(result.frame.at, pipeline.learned_side_px)
            if offers is not None:
                offers.observe(result)

        pipeline = CameraPipeline(scaled, on_result=deliver, small_side_px=sizes.load())
        return pipeline

    def make_view_gate() -> ViewGate:
        store = ViewStore(config.data_dir / "views" / f"{camera.id}.npz", geometry)
        return ViewGate(config.stream.frozen_s, store, has_geometry=has_geometry(geometry))

    return CameraParts(
        config=camera,
        health=health,
        slot=CameraSlot(
            camera_id=camera.id,
            frames=LatestFrameSlot(on_put),
            observer=health,
            make_pipeline=make_pipeline,
            make_view_gate=make_view_gate,
        ),
        playlist=LivePlaylist(config.data_dir / "hls" / camera.id, segments_kept=config.stream.segments_kept),
        recorded=recorded,
    )


def _report_faulty_gates(camera: Camera, health: CameraHealth) -> None:
    faults = gate_conditions(camera)
    health.set_gates(faults[0] if faults else None)
    for fault in faults:
        log.warning("a gate cannot count", camera=camera.id, reason=english(fault))
