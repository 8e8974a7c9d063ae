"""Decoded frames as a player displays them: one field of interlaced frames, square pixels, upright.

Everything after the decoder knows displayed frames only, so that pixels agree with what a viewer sees
(docs/adr/0128-displayed-frames.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import atan2, degrees
from struct import unpack
from typing import TypeAlias, cast

from av.filter import Graph
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.condition_text import english

MAX_PIXEL_ASPECT = 4
"""Largest ratio of a pixel's sides, either way; beyond it the stream states nonsense. [assumption]"""

MAX_TILT_SHARE = 0.02
"""Largest tilt of a display matrix against a right angle, as the tangent: about 1 degree. [assumption]"""

MAX_GRAPHS = 8
"""Filter graphs kept for one stream; a stream alternates between few kinds of frames. [assumption]"""

_Filters: TypeAlias = tuple[tuple[str, str], ...]
"""Names and arguments of FFmpeg's filters, in order."""

_UPRIGHT = (1, 0, 0, 1)
"""Signs of the display matrix (a, b, c, d) that changes nothing: x' = a x + c y, y' = b x + d y."""

ORIENTATIONS: dict[tuple[int, int, int, int], _Filters] = {
    _UPRIGHT: (),
    (-1, 0, 0, 1): (("hflip", ""),),
    (1, 0, 0, -1): (("vflip", ""),),
    (-1, 0, 0, -1): (("hflip", ""), ("vflip", "")),
    (0, 1, -1, 0): (("transpose", "clock"),),
    (0, -1, 1, 0): (("transpose", "cclock"),),
    (0, 1, 1, 0): (("transpose", "cclock_flip"),),
    (0, -1, -1, 0): (("transpose", "clock_flip"),),
}
"""Signs of (a, b, c, d) -> filters that do the same. [source: libavutil/display.h, ISO/IEC 14496-12, 8.3.2]"""


class NotDisplayable(ValueError):
    """A frame that players do not display alike. condition: why, and what to do."""

    def __init__(self, condition: CameraCondition) -> None:
        super().__init__(english(condition))
        self.condition = condition


@dataclass(frozen=True, slots=True)
class Presentation:
    """How a stream asks for its frames to be displayed.

    orientation: key of `ORIENTATIONS`. pixel_aspect: width over height of a pixel.
    """

    orientation: tuple[int, int, int, int] = _UPRIGHT
    pixel_aspect: Fraction = Fraction(1)
    interlaced: bool = False

    def square_size(self, width: int, height: int) -> tuple[int, int]:
        """Return the (width, height) of a frame with square pixels, before it is turned; the height is kept.

        >>> Presentation(pixel_aspect=Fraction(12, 11)).square_size(704, 576)
        (768, 576)
        """
        return (width if self.pixel_aspect == 1 else 2 * round(width * self.pixel_aspect / 2)), height

    def changes(self) -> tuple[str, ...]:
        """Return in words what changes a decoded frame before it is displayed.

        >>> Presentation((0, 1, -1, 0), Fraction(12, 11)).changes()
        ('pixels 12:11', 'turned by 90 degrees')
        """
        a, b, c, d = self.orientation
        turned = {(1, 0): 0, (0, 1): 90, (-1, 0): 180, (0, -1): 270}[a, b]
        found = (
            (self.interlaced, "interlaced"),
            (self.pixel_aspect != 1, f"pixels {self.pixel_aspect.numerator}:{self.pixel_aspect.denominator}"),
            (turned != 0, f"turned by {turned} degrees"),
            (a * d < b * c, "mirrored"),
        )
        return tuple(text for applies, text in found if applies)


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """A frame as decoded, with what the stream stated when it was decoded; the stream may state something else later.

    matrix: display matrix; None without. pixel_aspect: width over height of a pixel. codec: by FFmpeg's name.
    """

    picture: VideoFrame
    matrix: tuple[int, ...] | None
    pixel_aspect: Fraction
    codec: str

    def presentation(self) -> Presentation:
        """Return how the frame is displayed. Raises NotDisplayable."""
        if self.picture.interlaced_frame and self.codec == "hevc":
            # FFmpeg returns each field of H.265 as a frame of half the height.
            raise NotDisplayable(CameraCondition.of(Condition.SEPARATE_FIELDS, codec="hevc"))
        if not Fraction(1, MAX_PIXEL_ASPECT) <= self.pixel_aspect <= MAX_PIXEL_ASPECT:
            pair = self.pixel_aspect.numerator, self.pixel_aspect.denominator
            raise NotDisplayable(CameraCondition.of(Condition.UNSUPPORTED_PIXELS, pixel_aspect=pair))
        return Presentation(_orientation(self.matrix), self.pixel_aspect, self.picture.interlaced_frame)


class DisplayConverter:
    """Converter of one stream's decoded frames to displayed frames. Not thread-safe.

    stream: open, of the frames.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._codec, self._name = stream.codec_context, stream.codec_context.name
        self._announced_aspect = stream.sample_aspect_ratio
        self._first_aspect = stream.codec_context.sample_aspect_ratio
        self._matrix: tuple[int, ...] | None = None
        self._pixel_aspect: Fraction | None = None
        self._graphs: dict[tuple[object, ...], _FilterGraph | None] = {}
        self._last: tuple[tuple[object, ...], _FilterGraph | None] = (), None

    def note(self, frame: VideoFrame) -> DecodedFrame:
        """Return the frame with what is stated of it. Call for each decoded frame, before the next packet.

        Codecs state both at a keyframe, for all frames up to the next one. The decoder knows the pixels of a keyframe
        already while it returns the frames before it. [ITU-T H.264, D.2.26]
        """
        stated = display_matrix(frame)
        if stated is not None or frame.key_frame:
            self._matrix = stated
        if self._pixel_aspect is None or frame.key_frame:
            self._pixel_aspect = self._stated_pixel_aspect()
        return DecodedFrame(frame, self._matrix, self._pixel_aspect, self._name)

    def convert(self, decoded: DecodedFrame) -> VideoFrame:
        """Return the displayed frame: the frame itself where nothing must change. Raises NotDisplayable."""
        frame = decoded.picture
        pixels = frame.width, frame.height, frame.format.name, frame.interlaced_frame
        kind = *pixels, decoded.matrix, decoded.pixel_aspect
        if kind != self._last[0]:
            self._last = kind, self._graph_for(decoded)
        graph = self._last[1]
        return frame if graph is None else graph.apply(frame)

    def _graph_for(self, decoded: DecodedFrame) -> "_FilterGraph | None":
        """Return the filters of a frame; None where nothing must change. Raises NotDisplayable."""
        frame, shown = decoded.picture, decoded.presentation()
        key = (frame.width, frame.height, frame.format.name, shown)
        if key not in self._graphs:
            if len(self._graphs) >= MAX_GRAPHS:
                self._graphs.clear()
            filters = _filters(shown, frame.width, frame.height)
            self._graphs[key] = _FilterGraph(frame, filters) if filters else None
        return self._graphs[key]

    def _stated_pixel_aspect(self) -> Fraction:
        """Return the width of a pixel over its height: the container's word, unless the codec changed its own."""
        decoded = self._codec.sample_aspect_ratio
        aspect = self._announced_aspect if decoded == self._first_aspect else decoded
        return Fraction(aspect or decoded or 1)


_ONE = 1 << 16
"""1 in a display matrix. [source: ISO/IEC 14496-12, 8.3.2]"""

_TURNED_BY: dict[int, tuple[int, ...]] = {
    -90: (0, _ONE, 0, -_ONE, 0, 0, 0, 0, 1 << 30),
    90: (0, -_ONE, 0, _ONE, 0, 0, 0, 0, 1 << 30),
    180: (-_ONE, 0, 0, 0, -_ONE, 0, 0, 0, 1 << 30),
    -180: (-_ONE, 0, 0, 0, -_ONE, 0, 0, 0, 1 << 30),
}
"""Rotation of PyAV, degrees counter-clockwise -> display matrix. [source: libavutil/display.h]"""


def display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    """Return the display matrix (a, b, u, c, d, v, x, y, w) of a frame; None without one."""
    try:
        stated = cast(SideDataContainer, frame.side_data)
        if not len(stated):
            return None  # most frames; an error costs more
        found = stated[SideDataType.DISPLAYMATRIX]
    except KeyError:
        return None
    except ValueError:
        # PyAV refuses all side data where it does not know a type, such as EXIF; it still knows the rotation.
        return _TURNED_BY.get(frame.rotation)
    return unpack("=9i", bytes(found))


def _orientation(matrix: tuple[int, ...] | None) -> tuple[int, int, int, int]:
    """Return the signs of a display matrix. Raises NotDisplayable where it is no multiple of 90 degrees."""
    if matrix is None:
        return _UPRIGHT
    a, b, _, c, d, *_ = matrix
    largest = max(abs(a), abs(b), abs(c), abs(d))
    signs = tuple((value > 0) - (value < 0) if abs(value) > MAX_TILT_SHARE * largest else 0 for value in (a, b, c, d))
    if largest == 0:
        return _UPRIGHT
    if signs not in ORIENTATIONS:
        raise NotDisplayable(
            CameraCondition.of(Condition.UNSUPPORTED_ROTATION, rotation_deg=round(degrees(atan2(b, a))) % 360)
        )
    return signs


def _filters(shown: Presentation, width: int, height: int) -> _Filters:
    """Return the filters for frames of the given size; empty where nothing must change."""
    to_frame: _Filters = (("field", "type=top"),) if shown.interlaced else ()
    size = shown.square_size(width, height)
    to_square = (("scale", f"{size[0]}:{size[1]}:flags=bicubic"),) if shown.interlaced or size[0] != width else ()
    return (*to_frame, *to_square, *ORIENTATIONS[shown.orientation])


class _FilterGraph:
    """FFmpeg's filters for frames of the size and format of `like`. Each frame results in one frame at once."""

    def __init__(self, like: VideoFrame, filters: Sequence[tuple[str, str]]) -> None:
        self._graph = Graph()
        time_base = like.time_base or Fraction(1, 1000)
        nodes = [self._graph.add_buffer(width=like.width, height=like.height, format=like.format, time_base=time_base)]
        nodes += [self._graph.add(name, arguments) for name, arguments in filters]
        nodes += [self._graph.add("buffersink")]
        self._graph.link_nodes(*nodes).configure()

    def apply(self, frame: VideoFrame) -> VideoFrame:
        self._graph.push(frame)
        shown = self._graph.pull()
        assert isinstance(shown, VideoFrame)
        return shown
