"""Every camera of a city: whether its streams can be had, and whether they suit what they are for."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from pydantic import SecretStr

from models.tampering.stream_match import WHOLE_FRAME, match_streams
from pipelines.config.settings import MIN_ACCURATE_FPS, CameraConfig, Config
from pipelines.doctor.check import Finding, State
from pipelines.doctor.streams import Stream, probe
from pipelines.errors import UserError
from pipelines.ingest.source import SourceLost

AT_A_TIME = 8
LARGE_PIXELS = 1280 * 720
LONGEST_KEYFRAME_S = 4.0

Advice = tuple[State, str]


def examine_cameras(config: Config, timeout_s: float) -> Iterator[Finding]:
    """Two findings for a camera with a sub-stream, else one; several cameras are asked at a time."""
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="doctor") as threads:

        def asked(url: SecretStr | None) -> "Future[Stream] | None":
            return None if url is None else threads.submit(probe, url.get_secret_value(), timeout_s)

        asked_of = [(camera, asked(camera.url), asked(camera.analysis_url)) for camera in config.active_cameras]
        for camera, main, sub in asked_of:
            assert main is not None
            yield from _streams(config, camera, main, sub)


def _streams(
    config: Config, camera: CameraConfig, asked_main: Future[Stream], asked_sub: Future[Stream] | None
) -> Iterator[Finding]:
    main = _answer(asked_main)
    sub = None if asked_sub is None else _answer(asked_sub)
    analysed = main if sub is None else sub
    yield _finding(
        camera, "main", main, [*_for_viewers(main), *(_for_analysis(config, camera, main) if main is analysed else [])]
    )
    if sub is not None:
        yield _finding(camera, "sub", sub, [*_for_analysis(config, camera, sub), *_beside_main(camera, main, sub)])


def _answer(asked: Future[Stream]) -> Stream | SourceLost:
    try:
        return asked.result()
    except SourceLost as error:
        return error


def _finding(camera: CameraConfig, which: str, stream: Stream | SourceLost, amiss: list[Advice]) -> Finding:
    subject = f"{camera.id} ({which})"
    if isinstance(stream, SourceLost):
        says, _, advice = str(stream).partition("; ")
        return Finding(
            area="cameras", subject=subject, says=says, state=State.PROBLEM, advice=advice or "check the camera"
        )
    problems = [advice for state, advice in amiss if state is State.PROBLEM]
    return Finding(
        area="cameras",
        subject=subject,
        says=f"{stream.address}: {stream}",
        state=State.PROBLEM if problems else State.ADVICE if amiss else State.OK,
        advice=(problems or [advice for _, advice in amiss] or [""])[0],
        facts={"camera": camera.id, "stream": which, **stream.facts()},
    )


def _for_viewers(stream: Stream | SourceLost) -> Iterator[Advice]:
    if isinstance(stream, SourceLost):
        return
    if stream.codec not in ("h264", "hevc"):
        yield State.PROBLEM, f"browsers cannot play {stream.codec}; set the camera to H.264"
    elif stream.codec == "hevc":
        yield State.ADVICE, "many browsers cannot play H.265; set the camera to H.264"
    if stream.keyframe_s is not None and stream.keyframe_s > LONGEST_KEYFRAME_S:
        yield State.ADVICE, "set the camera's keyframe (I-frame) interval to 2 s, so that live video starts at once"


def _for_analysis(config: Config, camera: CameraConfig, stream: Stream | SourceLost) -> Iterator[Advice]:
    if isinstance(stream, SourceLost):
        return
    with suppress(UserError):
        try:
            camera.camera(config.geometry_of(camera), stream.image_size)
        except ValueError as error:
            yield State.PROBLEM, f"{error}; draw the geometry anew, or correct its image_size"
    width, height = stream.image_size
    if width * height >= LARGE_PIXELS and camera.analysis_url is None:
        yield State.ADVICE, "give its sub-stream as analysis_url: 640x360 costs a fraction of this to decode"
    elif width * height > LARGE_PIXELS:
        yield State.ADVICE, "set the sub-stream to 640x360 or 704x576: analysis sees no more than that"
    enough = min(config.analysis.analysis_fps, MIN_ACCURATE_FPS)
    if 0 < stream.fps < enough:
        yield State.ADVICE, f"set the camera to {enough:g} pictures a second or more"


def _beside_main(camera: CameraConfig, main: Stream | SourceLost, sub: Stream | SourceLost) -> Iterator[Advice]:
    if isinstance(main, SourceLost) or isinstance(sub, SourceLost):
        return
    if sub.image_size[0] * sub.image_size[1] > main.image_size[0] * main.image_size[1]:
        yield State.ADVICE, "it is larger than the main stream; are url and analysis_url the right way round?"
    ways = match_streams(main.picture, sub.picture), match_streams(sub.picture, main.picture)
    if any(way.share != WHOLE_FRAME for way in ways):
        yield (
            State.PROBLEM,
            "it does not show the same part of the scene as the main stream, so geometry fits one of them only; set "
            f"both streams of {camera.id} to the same aspect, without cropping",
        )
    elif all(way.unrelated for way in ways):
        yield State.ADVICE, "it does not resemble the main stream; check that analysis_url is of the same camera"
