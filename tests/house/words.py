"""Words that docstrings, comments and test names avoid, each with what to write in its place."""

import re

_SUGGESTIONS = {
    r"who(?:m|ever|mever)?": "name the thing: the vehicle, track, camera, client, worker that ...",
    r"(?:some|any|every)(?:body|one)|nobody|no one": "name the thing: a vehicle, no vehicle, every client",
    r"he|him|his|himself|she|hers?|herself": "it, the vehicle, the person",
    r"whither|whence|hither|thither|thence|hence(?:forth)?": "to which, from which, so",
    r"anew|afresh": "again",
    r"amiss": "wrong",
    r"lest": "so that ... not",
    r"reckon(?:s|ed|ing)?": "compute, estimate",
    r"thereby|whereby|thereof|therein|wherein": "two sentences",
    r"hitherto|heretofore|perchance|withal|alas|naught|nought": "plain words",
    r"goodbye|album|mailbox": "the technical term, not a metaphor",
    r"tells?|told|telling": "report, log, return, show, distinguish",
    r"says?|said|saying": "report, state, define, log",
    r"look(?:s|ed|ing)?(?![- ](?:up|ahead|at table)\b)": "analysed frame, inference, read, check; it seems",
    r"let(?:s|ting)? go(?: of)?": "release, drop",
}
BANNED = [(re.compile(rf"\b(?:{words})\b", re.IGNORECASE), instead) for words, instead in _SUGGESTIONS.items()]
"""Pattern of each group of words, and the advice that is printed with a find."""

_QUOTED = re.compile(r"``.*?``|`[^`\n]*`|https?://\S+|^\s*(?:>>>|\.\.\.) .*$", re.MULTILINE)
"""Code, addresses and doctest input: not prose."""


def banned_words(prose: str) -> list[tuple[int, str, str]]:
    """Each banned word as (line within `prose`, counted from 0; the word; what to write instead), in order.

    >>> banned_words("Frames of the\\nsky, counted anew in `who.py`")[0][:2] == (1, "anew")
    True
    """
    text = _QUOTED.sub(lambda quoted: re.sub(r"[^\n]", " ", quoted[0]), prose)
    finds = [(match.start(), match[0], instead) for pattern, instead in BANNED for match in pattern.finditer(text)]
    return [(text.count("\n", 0, start), word, instead) for start, word, instead in sorted(finds)]
