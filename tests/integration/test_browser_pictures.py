"""The picture of live video in a browser is the one analysed: turned, mirrored, with pixels that are not square."""

import base64
from fractions import Fraction
from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest
from playwright.sync_api import Browser

from pipelines.ingest.decoder import Decoder
from pipelines.ingest.source import Source
from pipelines.live_video.fragmented_mp4 import FragmentedMp4, copy_packet
from tests.support.browser import NEEDS_CHROMIUM
from tests.support.odd_pictures import TURNS, difference, matrix_of, road, stretched, write_pictures

pytestmark = [
    pytest.mark.integration,
    NEEDS_CHROMIUM,
]

SHOWN = (320, 180)
"""Width and height (px) of the picture that a viewer sees. [test data]"""

PLAY = """async (data) => {
  const video = document.createElement("video"), media = new MediaSource();
  video.muted = true;
  video.src = URL.createObjectURL(media);
  await new Promise((opened) => media.addEventListener("sourceopen", opened));
  const buffer = media.addSourceBuffer('video/mp4; codecs="avc1.640028"');
  document.body.append(video);
  const shown = new Promise((done) => video.requestVideoFrameCallback(done));
  buffer.appendBuffer(Uint8Array.from(atob(data), (each) => each.charCodeAt(0)));
  await video.play();
  await shown;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 180];
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 320, 180);
  return [video.videoWidth / video.videoHeight, [...context.getImageData(0, 0, 320, 180).data]];
}"""
"""Plays fragments, and returns aspect and pixels of the first picture as the browser shows it."""


def clip_of(folder: Path, kind: str) -> Path:
    shown = [road(0, SHOWN)] * 30
    if kind == "square":
        return write_pictures(folder / "square.mp4", shown)
    if kind == "oblong":
        coded = [stretched(image, (240, 180)) for image in shown]
        return write_pictures(folder / "oblong.mp4", coded, pixel_aspect=Fraction(4, 3))
    signs = {"90": (0, 1, -1, 0), "180": (-1, 0, 0, -1), "270": (0, -1, 1, 0), "mirrored": (-1, 0, 0, 1)}[kind]
    return write_pictures(folder / "turned.mp4", [TURNS[signs](image) for image in shown], matrix=matrix_of(signs))


@pytest.mark.parametrize("kind", ["square", "oblong", "90", "180", "270", "mirrored"])
def test_the_browser_shows_what_is_analysed(browser: Browser, tmp_path: Path, kind: str) -> None:
    with Source(str(clip_of(tmp_path, kind)), stop=Flag()) as source:
        decoder, muxer, analysed = Decoder(source), None, None
        for number, packet in enumerate(source.packets()):
            muxer = muxer or FragmentedMp4(source.stream, source.coded_picture(packet), fragment_s=2)
            copy = copy_packet(packet)
            copy.pts, copy.dts = packet.pts, packet.dts
            muxer.mux(copy)
            analysed = analysed or next((decoder.displayed(frame) for _, frame in decoder.frames(packet)), None)
            if number == 28:
                break
        assert muxer is not None
        muxer.close()
        fragments = muxer.pop_fragments()
    page = browser.new_page()
    aspect, pixels = page.evaluate(PLAY, base64.b64encode(muxer.header + fragments).decode())
    page.close()
    shown = np.array(pixels, np.uint8).reshape(*SHOWN[::-1], 4)[..., :3]
    assert aspect == pytest.approx(SHOWN[0] / SHOWN[1], rel=0.01)
    assert analysed is not None
    assert difference(analysed, shown) < 6
    assert difference(analysed, road(0, SHOWN)) < 6
