"""A run fails where a test is skipped for a reason that is not listed, with and without workers."""

import pytest

from tests.house.rules import REPOSITORY
from tests.support.expected_skips import is_expected

pytest_plugins = ["pytester"]


@pytest.mark.parametrize(
    ("reason", "light", "expected"),
    [
        ("needs ../shared (clips, truth and weights), which this machine lacks", "0", True),
        ("needs Debian's chromium", "0", False),
        ("needs the extra `yolo` (ultralytics and torch)", "0", False),
        ("needs the extra `yolo` (ultralytics and torch)", "1", True),
        ("Chromium: needs ../shared", "0", False),
    ],
)
def test_reasons(reason: str, light: str, expected: bool) -> None:
    assert is_expected(reason, {"SIMPANG_LIGHT": light}) is expected


@pytest.mark.slow  # pytest in a process of its own
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
@pytest.mark.parametrize(
    ("module", "fails"),
    [
        (
            "def test_skipped(): pytest.skip('needs netconvert')\n@pytest.mark.xfail\ndef test_fails(): assert 0",
            False,
        ),
        ("pytest.skip('needs a server', allow_module_level=True)", True),
    ],
)
def test_an_unexpected_skip_fails_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...], module: str, fails: bool
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    pytester.makepyfile(test_module=f"import pytest\n{module}\ndef test_passes(): pass\n")
    options = ("-p", "tests.support.expected_skips", "--fail-on-unexpected-skips", "-p", "no:cacheprovider", *workers)
    result = pytester.runpytest_subprocess(*options)
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if fails else pytest.ExitCode.OK)
    assert ("needs a server" in result.stdout.str()) is fails
