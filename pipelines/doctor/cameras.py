"""Checks of the cameras: whether their streams connect, and suit browsers and analysis."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import structlog
from pydantic import SecretStr

from models.tampering.stream_match import WHOLE_FRAME, match_streams
from pipelines.addresses.address import Address
from pipelines.config.geometry_file import OtherAspect
from pipelines.config.settings import MIN_ACCURATE_FPS, CameraConfig, Config
from pipelines.doctor.check import CheckResult, CheckState
from pipelines.doctor.streams import Stream, probe
from pipelines.errors import UserError
from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.condition_text import english
from pipelines.events.gate_condition import gate_conditions
from pipelines.ingest.keyframe_interval import MAX_KEYFRAME_S
from pipelines.ingest.source import SourceLost

log = structlog.get_logger()

PARALLEL_PROBES = 8
"""Streams that are probed at once [assumption]."""

LARGE_PIXELS = 1280 * 720
"""Pixels of a frame from which decoding for analysis costs much more than needed [assumption]."""

Advice = tuple[CheckState, str]
"""How grave it is, and what to do."""


def check_cameras(config: Config, timeout_s: float) -> Iterator[CheckResult]:
    """Probe all streams, several at once; yield one result per stream, in the order of the cameras."""
    with ThreadPoolExecutor(PARALLEL_PROBES, thread_name_prefix="doctor") as threads:

        def probed(url: SecretStr | None) -> "Future[Stream] | None":
            return None if url is None else threads.submit(probe, url.get_secret_value(), timeout_s)

        probes = [(camera, probed(camera.url), probed(camera.analysis_url)) for camera in config.active_cameras]
        for camera, main, sub in probes:
            assert main is not None
            yield from _streams(config, camera, main, sub)


def _streams(
    config: Config, camera: CameraConfig, main_probe: Future[Stream], sub_probe: Future[Stream] | None
) -> Iterator[CheckResult]:
    main = _result(main_probe)
    sub = None if sub_probe is None else _result(sub_probe)
    analysed = main if sub is None else sub
    advices = [*_for_viewers(main), *(_for_analysis(config, camera, main) if main is analysed else [])]
    yield _check_result(camera, "main", main, [*advices, *_for_address("url", camera.url)])
    if sub is not None:
        advices = [*_for_analysis(config, camera, sub), *_beside_main(camera, main, sub)]
        yield _check_result(camera, "sub", sub, [*advices, *_for_address("analysis_url", camera.analysis_url)])


def _result(probe: Future[Stream]) -> Stream | SourceLost:
    """Return the stream, or why there is none. Any error belongs to one camera and ends no other check."""
    try:
        return probe.result()
    except SourceLost as error:
        return error
    except Exception as error:
        log.exception("stream cannot be checked")
        return SourceLost(CameraCondition.of(Condition.INTERNAL_ERROR, error=f"{type(error).__name__}: {error}"))


def _check_result(camera: CameraConfig, which: str, stream: Stream | SourceLost, advices: list[Advice]) -> CheckResult:
    subject = f"{camera.id} ({which})"
    if isinstance(stream, SourceLost):
        message, _, advice = str(stream).partition("; ")
        how_to_write = [text for state, text in advices if state is CheckState.ADVICE]
        return CheckResult(
            area="cameras",
            subject=subject,
            message=message,
            state=CheckState.PROBLEM,
            advice=", and ".join([advice or "check the camera", *how_to_write]),
        )
    problems = [advice for state, advice in advices if state is CheckState.PROBLEM]
    return CheckResult(
        area="cameras",
        subject=subject,
        message=f"{stream.address}: {stream}",
        state=CheckState.PROBLEM if problems else CheckState.ADVICE if advices else CheckState.OK,
        advice=(problems or [advice for _, advice in advices] or [""])[0],
        facts={"camera": camera.id, "stream": which, **stream.facts()},
    )


def _for_address(key: str, url: SecretStr | None) -> Iterator[Advice]:
    advice = "" if url is None else Address.parse(url.get_secret_value()).advice
    if advice:
        yield CheckState.ADVICE, f"{key}: {advice}"


def _for_viewers(stream: Stream | SourceLost) -> Iterator[Advice]:
    if isinstance(stream, SourceLost):
        return
    if stream.codec == "mjpeg":
        yield CheckState.ADVICE, "viewers get still pictures of Motion JPEG; set the camera to H.264 for live video"
    elif stream.codec not in ("h264", "hevc"):
        yield CheckState.PROBLEM, f"browsers cannot play {stream.codec}; set the camera to H.264"
    elif stream.codec == "hevc":
        yield CheckState.ADVICE, "many browsers cannot play H.265; set the camera to H.264"
    if max(stream.keyframe_s or 0.0, stream.unkeyed_s) > MAX_KEYFRAME_S:
        yield (
            CheckState.ADVICE,
            "set the camera's keyframe (I-frame) interval to 2 s, so that live video starts at once",
        )


def _for_analysis(config: Config, camera: CameraConfig, stream: Stream | SourceLost) -> Iterator[Advice]:
    if isinstance(stream, SourceLost):
        return
    with suppress(UserError):
        try:
            drawn = camera.camera(config.geometry_of(camera), stream.image_size)
            for fault in gate_conditions(drawn):
                yield CheckState.PROBLEM, english(fault)
        except OtherAspect as error:
            yield CheckState.PROBLEM, str(error)
        except ValueError as error:
            yield CheckState.PROBLEM, f"{error}; draw the geometry again, or correct its image_size"
    if "interlaced" in stream.changes:
        yield (
            CheckState.ADVICE,
            "set the camera to progressive video: of interlaced video half of the lines are analysed",
        )
    width, height = stream.image_size
    if width * height >= LARGE_PIXELS and camera.analysis_url is None:
        yield CheckState.ADVICE, "give its sub-stream as analysis_url: 640x360 costs a fraction of this to decode"
    elif width * height > LARGE_PIXELS:
        yield CheckState.ADVICE, "set the sub-stream to 640x360 or 704x576: analysis uses no more than that"
    enough = min(config.analysis.analysis_fps, MIN_ACCURATE_FPS)
    if 0 < stream.fps < enough:
        yield CheckState.ADVICE, f"set the camera to {enough:g} frames a second or more"


def _beside_main(camera: CameraConfig, main: Stream | SourceLost, sub: Stream | SourceLost) -> Iterator[Advice]:
    if isinstance(main, SourceLost) or isinstance(sub, SourceLost):
        return
    if sub.image_size[0] * sub.image_size[1] > main.image_size[0] * main.image_size[1]:
        yield CheckState.ADVICE, "it is larger than the main stream; are url and analysis_url the right way round?"
    ways = match_streams(main.thumbnail, sub.thumbnail), match_streams(sub.thumbnail, main.thumbnail)
    if any(way.share != WHOLE_FRAME for way in ways):
        yield (
            CheckState.PROBLEM,
            "it does not show the same part of the scene as the main stream, so geometry fits one of them only; set "
            f"both streams of {camera.id} to the same aspect, without cropping",
        )
    elif all(way.unrelated for way in ways):
        yield CheckState.ADVICE, "it does not resemble the main stream; check that analysis_url is of the same camera"
