"""Self-test of hardware decoders, on machines with and without one."""

import pytest
from av.codec.hwaccel import hwdevices_available
from av.video.codeccontext import VideoCodecContext

from pipelines.ingest import hw_decode


def test_the_cpu_decodes_the_frames_of_the_self_test() -> None:
    packets = hw_decode._encode_test_frames()
    frame = hw_decode._decode_last_frame(VideoCodecContext.create("h264", "r"), packets)
    assert frame is not None
    assert frame.shape == hw_decode.TEST_SIZE[::-1]
    square = frame[110:170, 20 * 9 + 10 : 20 * 9 + 70]
    assert square.mean() > 230


@pytest.mark.parametrize("kind", hw_decode.KINDS)
def test_a_device_is_used_exactly_where_its_self_test_succeeds(kind: str) -> None:
    problem = hw_decode.self_test(kind)
    assert "\n" not in problem
    assert (hw_decode.decoding_device(kind) is None) == bool(problem)
    if kind not in hwdevices_available():
        assert problem == "not part of this build of PyAV"


def test_an_unknown_kind_of_device_decodes_on_the_cpu() -> None:
    assert hw_decode.self_test("abacus") == "not part of this build of PyAV"
    assert hw_decode.decoding_device("abacus") is None


@pytest.mark.parametrize(("refuses", "used"), [(False, {"primary_ctx": "1"}), (True, {})])
def test_cameras_share_one_context_of_the_device_where_it_works(
    refuses: bool, used: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def self_test(kind: str, options: dict[str, object]) -> str:
        return "context with other flags" if options and refuses else ""

    monkeypatch.setattr(hw_decode, "self_test", self_test)
    device = hw_decode.decoding_device.__wrapped__("cuda")
    assert device is not None
    assert device.options == used
