"""Each rule of the house finds what it is for, and leaves alone what it is not for."""

import pytest

from tests.house.rules import Measure, functions, other_prose, python_prose, undocumented_constants
from tests.house.words import BANNED, banned_words


@pytest.mark.parametrize(
    "prose",
    [
        "Cameras of whoever asks",
        "What somebody sees",
        "No one is there",
        "It is TOLD so",
        "An operator is told",
        "a look at the frame",
        "It looks right",
        "Counted anew",
        "Lets go of the lock",
    ],
)
def test_a_banned_word_is_found(prose: str) -> None:
    assert len(banned_words(prose)) == 1


@pytest.mark.parametrize(
    "prose",
    [
        "Rate of analysed frames (`looks_per_s` before 0.2)",
        "A look-up table; look up the name",
        "Whole frames, heading north",
        "See https://example.org/who/told",
        ">>> nobody = 3",
        "The camera whose frame is oldest",
    ],
)
def test_other_prose_passes(prose: str) -> None:
    assert banned_words(prose) == []


def test_each_group_of_words_gives_advice() -> None:
    assert all(instead for _, instead in BANNED)


def test_docstrings_and_comments_are_read_and_other_strings_are_not() -> None:
    source = 'LIMIT = 3\n"""Of a constant."""\n\n\ndef f():\n    """Of a function."""\n    return "text"  # why\n'
    assert sorted(python_prose(source)) == [(2, '"""Of a constant."""'), (6, '"""Of a function."""'), (7, "# why")]


def test_comments_of_typescript_are_read_and_its_strings_are_not() -> None:
    source = "const a = 'http://x' // one\n/* two\n lines */ const b = `// none`"
    assert list(other_prose(source, ".ts")) == [(1, "// one"), (2, "/* two\n lines */")]


def test_documents_are_read_without_their_code() -> None:
    ((line, text),) = other_prose("Counts.\n```sh\nsimpang tell\n```\nSpeeds told.\n", ".md")
    assert [(line + at, word) for at, word, _ in banned_words(text)] == [(5, "told")]


@pytest.mark.parametrize(
    "source",
    [
        "LIMIT = 3",
        "LIMIT: float = 3",
        "A, B = 1, 2  # both\nC = 3",
        "LIMIT = 3\n\n\n# Of what follows\n",
        "_LIMIT = (\n    1,\n    2,\n)",
    ],
)
def test_a_constant_that_nothing_explains_is_found(source: str) -> None:
    assert len(undocumented_constants(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'LIMIT = 3\n"""Most of them [assumption]."""',
        "LIMIT = 3  # most of them [assumption]",
        "# Most of them [assumption].\nLIMIT = 3",
        "_LIMIT = (\n    1,  # the first\n    2,\n)",
        "Alias = int",
        "limit = 3",
    ],
)
def test_an_explained_constant_passes(source: str) -> None:
    assert undocumented_constants(source) == []


def test_a_measure_holds_up_to_its_limit() -> None:
    assert Measure("modules", ["a", "b"], wanted=2).holds
    assert not Measure("modules", ["a", "b", "c"], wanted=2).holds
    assert not Measure("lines", ["a"], wanted=60, value=61).holds


@pytest.mark.slow
def test_the_repository_is_read() -> None:
    assert len(functions()) > 1000
