"""Place, size and colours of the detector's input."""

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from models.gating.roi import RegionOfInterest
from models.packing.crop_collage import make_collage
from pipelines.analysis.frame_convert import FrameConverter

RED, GREY = (200, 40, 30), (90, 90, 90)


def frame_of(size, box, *, colorspace=Colorspace.ITU601, color_range=ColorRange.MPEG, pixels="yuv420p"):
    """Grey frame with a red box (left, top, right, bottom; even numbers), as a decoder returns it."""
    width, height = size
    frame = av.VideoFrame(width, height, pixels)
    red_share, blue_share = (0.2126, 0.0722) if colorspace is Colorspace.ITU709 else (0.299, 0.114)
    full = color_range is ColorRange.JPEG
    colours = [as_yuv(rgb, red_share, blue_share, full=full) for rgb in (GREY, RED)]
    for plane, grey, red in zip(frame.planes, *colours, strict=True):
        per_u, per_v = size[0] // plane.width, size[1] // plane.height
        samples = np.full((plane.height, plane.line_size), grey, np.uint8)
        samples[box[1] // per_v : box[3] // per_v, box[0] // per_u : box[2] // per_u] = red
        plane.update(samples.tobytes())
    frame.colorspace, frame.color_range = colorspace, color_range
    return frame


def as_yuv(rgb, red_share, blue_share, *, full):
    red, green, blue = rgb
    luma = red_share * red + (1 - red_share - blue_share) * green + blue_share * blue
    of_blue, of_red = (blue - luma) / (2 - 2 * blue_share), (red - luma) / (2 - 2 * red_share)
    if full:
        return round(luma), round(of_blue + 128), round(of_red + 128)
    return round(16 + luma * 219 / 255), round(128 + of_blue * 224 / 255), round(128 + of_red * 224 / 255)


@pytest.mark.parametrize("color_range", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("colorspace", [Colorspace.ITU601, Colorspace.ITU709])
@pytest.mark.parametrize("scaled_size", [(640, 360), (640, 352), (1280, 720)])
def test_colours_and_places_are_right_at_each_scale(colorspace, color_range, scaled_size):
    frame = frame_of((1280, 720), (400, 200, 800, 400), colorspace=colorspace, color_range=color_range)
    window = (96, 32, 512, 288)
    image = FrameConverter(RegionOfInterest((1280, 720), scaled_size, window)).to_rgb(frame)
    assert image.shape == (288, 512, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    u, v = np.array([600, 300]) * scaled_size / np.array([1280, 720]) - window[:2]
    image = image.astype(int)
    assert image[int(v), int(u)] == pytest.approx(RED, abs=4)
    assert image[0, 0] == pytest.approx(GREY, abs=4)
    if scaled_size[0] == 640:
        red = np.abs(image - RED).max(axis=2) < 30
        edges = red.any(axis=0).argmax(), red.any(axis=1).argmax()
        expected = np.array([400, 200]) * scaled_size / np.array([1280, 720]) - window[:2]
        assert edges == pytest.approx(expected, abs=1.0)


def test_a_format_of_full_range_needs_no_announced_colour_range():
    frame = frame_of((128, 128), (0, 0, 64, 128), color_range=ColorRange.JPEG, pixels="yuvj420p")
    frame.color_range = ColorRange.UNSPECIFIED
    image = FrameConverter(RegionOfInterest((128, 128), (64, 64), (0, 0, 64, 64))).to_rgb(frame)
    assert image[32, 16].astype(int) == pytest.approx(RED, abs=4)


def test_other_pixel_formats_are_converted_too():
    frame = frame_of((128, 128), (0, 0, 64, 128), pixels="yuv422p")
    image = FrameConverter(RegionOfInterest((128, 128), (64, 64), (0, 0, 64, 64))).to_rgb(frame)
    assert image[32, 16].astype(int) == pytest.approx(RED, abs=4)


@pytest.mark.parametrize("pixels", ["yuv420p", "gray", "rgb24"])
@pytest.mark.parametrize("scaled_size", [(640, 360), (800, 450), (1280, 720)])
def test_the_grey_image_shows_the_same_place_as_the_rgb_image(scaled_size, pixels):
    rgb = np.full((720, 1280, 3), 200, np.uint8)
    rgb[200:400, 400:800] = 40
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixels)
    pictures = FrameConverter(RegionOfInterest((1280, 720), scaled_size, (96, 32, 512, 288)))
    grey, colours = pictures.to_grey(frame), pictures.to_rgb(frame)
    assert grey.shape == (288, 512)
    assert 0.02 < (grey < 120).mean() < 0.9
    assert ((grey < 120) != (colours[..., 1] < 120)).mean() < 0.01


@pytest.mark.parametrize("color_range", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p"])
@pytest.mark.parametrize("window", [(96, 32, 320, 192), (97, 33, 320, 192)])
@pytest.mark.parametrize("scaled_size", [(640, 352), (320, 176), (480, 264)])
@pytest.mark.parametrize(
    "regions",
    [((0, 0, 320, 192),), ((8, 16, 136, 112),), ((8, 16, 136, 112), (160, 0, 256, 96), (200, 96, 320, 192))],
)
def test_a_collage_has_the_pixels_of_the_whole_image(regions, scaled_size, window, pixels, color_range):
    noise = np.random.default_rng(3).integers(0, 256, (352, 640, 3)).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(noise, format="rgb24").reformat(format=pixels)
    frame.color_range = color_range
    if scaled_size[0] == 320:
        window, regions = (0, 0, 160, 96), tuple(tuple(side // 2 for side in region) for region in regions)
    converter = FrameConverter(RegionOfInterest((640, 352), scaled_size, window))
    collage = make_collage(regions)

    image = converter.to_collage(frame, collage)

    assert image.flags.c_contiguous
    assert np.array_equal(image, collage.compose(converter.to_rgb(frame)))
