"""Showing where a notice says what was searched for: pure, on text as it is written.

A word is found without regard to width and case (NFKC, lower case), as the search itself does; what is marked is the
text's own characters.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

MOST_WORDS = 8
_AROUND = 24
Marked = tuple[tuple[str, bool], ...]


def words_of(search: str) -> tuple[str, ...]:
    """The words of a query: what stands between spaces, each once, without those that hold no letter or character."""
    found = dict.fromkeys(_folded(word) for word in search.split())
    return tuple(word for word in found if any(char.isalnum() for char in word))[:MOST_WORDS]


def marked(text: str, words: Sequence[str]) -> Marked:
    """The text in pieces, each with whether it was searched for."""
    spans = _spans(text, words)
    pieces, at = [], 0
    for start, end in spans:
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    return tuple(piece for piece in (*pieces, (text[at:], False)) if piece[0])


def snippet(texts: Iterable[str], words: Sequence[str]) -> Marked:
    """The line that says most of the words, cut around the first of them; nothing where none is said."""
    best: tuple[int, str] = (0, "")
    for line in (line.strip() for text in texts for line in text.splitlines()):
        said = sum(word in _folded(line) for word in words)
        if said > best[0]:
            best = (said, line)
    if not best[0]:
        return ()
    line = best[1]
    spans = _spans(line, words)  # none where only the whole line folds to the word: a letter that depends on the next
    start = max(0, spans[0][0] - _AROUND) if spans else 0
    end = min(len(line), start + 4 * _AROUND)
    cut = ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
    return marked(cut, words)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _spans(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where words stand, joined where they touch.

    A character may fold into several (㎡ is m2), and several into one: all keep their place.
    """
    folded, places = "", []
    for start, end in _clusters(text):
        plain = _folded(text[start:end])
        folded += plain
        places += [(start, end)] * len(plain)
    hits = []
    for word in words:
        at = folded.find(word) if word else -1
        while at >= 0:
            hits.append((places[at][0], places[at + len(word) - 1][1]))
            at = folded.find(word, at + 1)
    spans: list[tuple[int, int]] = []
    for start, end in sorted(hits):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Characters that fold alone, and those that fold together with the marks behind them (ｶﾞ is ガ)."""
    start = 0
    for index in range(1, len(text) + 1):
        if index < len(text):
            char, before = text[index], text[start:index]
            if (char > "\u02ff" and not "\u4e00" <= char <= "\u9fff") and (
                unicodedata.normalize("NFKC", before + char)
                != unicodedata.normalize("NFKC", before) + unicodedata.normalize("NFKC", char)
            ):
                continue
        yield start, index
        start = index
