"""JPEG files are found by their own markers, whatever lies between them and however they arrive."""

import cv2
import numpy as np
import pytest

from pipelines.ingest.jpeg_splitter import MAX_JPEG_BYTES, JpegSplitter


def jpeg(seed: int, *, progressive: bool = False, restarts: int = 0) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    options = [cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive), cv2.IMWRITE_JPEG_RST_INTERVAL, restarts]
    done, data = cv2.imencode(".jpg", noise, options)
    assert done
    return bytes(data)


PICTURES = [jpeg(1), jpeg(2, progressive=True), jpeg(3, restarts=2)]
"""A baseline file, one of several scans, and one with restart markers. [test data]"""


def with_preview(picture: bytes, preview: bytes) -> bytes:
    """Return the picture with another JPEG file inside, as EXIF has it."""
    body = b"Exif\0\0" + preview
    return picture[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + picture[2:]


def split(stream: bytes, size: int) -> list[bytes]:
    splitter = JpegSplitter()
    return [picture for start in range(0, len(stream), size) for picture in splitter.feed(stream[start : start + size])]


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(
    "between", [b"", b"\r\n--b\r\nContent-Length: 3\r\n\r\n", b"\xff", b"\xff\xd8 no picture", b"\0" * 50]
)
def test_files_are_found_whatever_lies_between_them(between: bytes, size: int) -> None:
    assert split(between + between.join(PICTURES) + between, size) == PICTURES


@pytest.mark.parametrize("size", [1, 100_000])
def test_a_preview_is_part_of_its_file(size: int) -> None:
    whole = with_preview(PICTURES[0], PICTURES[2])
    assert split(whole + PICTURES[1], size) == [whole, PICTURES[1]]


def test_a_file_without_an_end_ends_where_the_next_one_starts() -> None:
    assert split(PICTURES[0][:-2] + PICTURES[1], 1000) == [PICTURES[0], PICTURES[1]]


def test_a_file_that_broke_off_does_not_take_the_next_one_with_it() -> None:
    assert PICTURES[1] in split(PICTURES[0][:30] + PICTURES[0] * 2 + PICTURES[1] * 2, 1000)


def test_memory_is_bounded_where_no_file_ends() -> None:
    splitter, endless = JpegSplitter(), b"\x55" * (MAX_JPEG_BYTES // 4)
    assert not splitter.feed(PICTURES[0][:-2])
    for _ in range(5):
        assert not splitter.feed(endless)
    assert PICTURES[2] in splitter.feed(b"".join(PICTURES))
