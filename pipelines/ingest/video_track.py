"""The video track of a container that a player shows."""

from av.codec.context import Flags
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

NOT_VIDEO = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
"""Dispositions of tracks that hold pictures beside the video, such as a cover. [source: libavformat/avformat.h]"""


def shown_track(container: InputContainer) -> VideoStream | None:
    """Return the track that a player shows; None without one.

    Covers, thumbnails and tracks of a single frame count only where there is nothing else. Of several tracks FFmpeg's
    choice counts: it prefers those that it can decode, the default track, and the higher bit rate.
    """
    tracks = [track for track in container.streams.video if not track.disposition & NOT_VIDEO]
    tracks = [track for track in tracks if track.frames != 1] or tracks or list(container.streams.video)
    best = container.streams.best("video")
    chosen = best if best in tracks else next(iter(sorted(tracks, key=_has_no_decoder)), None)
    if not isinstance(chosen, VideoStream):
        return None
    if chosen.codec_context is not None:
        # Without the flag, FFmpeg leaves up to 31 columns in the frame that the stream crops from its left.
        chosen.codec_context.flags |= Flags.unaligned
    return chosen


def _has_no_decoder(track: VideoStream) -> bool:
    return track.codec_context is None or track.codec_context.codec is None
