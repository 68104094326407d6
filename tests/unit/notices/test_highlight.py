"""What was searched for is marked where it stands, whatever its width and case."""

import pytest

from notices.highlight import MOST_WORDS, marked, snippet, words_of


def shown(pieces: tuple[tuple[str, bool], ...]) -> str:
    return "".join(f"[{text}]" if sought else text for text, sought in pieces)


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("道路 改造", ("道路", "改造")),
        ("　道路　道路 ＣＡＤ", ("道路", "cad")),
        ("， 。 -", ()),
        ("", ()),
        ("2611-350100", ("2611-350100",)),
        (" ".join(str(number) for number in range(20)), tuple(str(number) for number in range(MOST_WORDS))),
    ],
)
def test_the_words_of_a_query(search: str, words: tuple[str, ...]) -> None:
    assert words_of(search) == words


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("临江大道改造工程", ("大道",), "临江[大道]改造工程"),
        ("大道大道", ("大道",), "[大道大道]"),
        ("abcABCａｂｃ", ("bc",), "a[bc]A[BC]ａ[ｂｃ]"),
        ("面积 30㎡ 以上", ("m2",), "面积 30[㎡] 以上"),
        ("道路与照明", ("照明", "道路"), "[道路]与[照明]"),
        ("道路改造", ("路改", "道路"), "[道路改]造"),
        ("没有", ("别的",), "没有"),
        ("", ("别的",), ""),
    ],
)
def test_what_is_marked_is_the_texts_own(text: str, words: tuple[str, ...], expected: str) -> None:
    assert shown(marked(text, words)) == expected


def test_the_snippet_is_the_line_that_says_most() -> None:
    texts = ["道路若干", "第一行\n含桥梁与道路\n第三行"]
    assert shown(snippet(texts, ("道路", "桥梁"))) == "含[桥梁]与[道路]"
    assert snippet(texts, ("隧道",)) == ()


def test_a_long_line_is_cut_around_the_word() -> None:
    line = "甲" * 100 + "道路" + "乙" * 200
    cut = shown(snippet([line], ("道路",)))
    assert cut.startswith("…甲")
    assert cut.endswith("乙…")
    assert "[道路]" in cut
    assert len(cut) < 110


@pytest.mark.parametrize(
    ("text", "search", "expected"),
    [
        ("Cafe\u0301 街改造", "Café", "[Cafe\u0301] 街改造"),
        ("ｶﾞス管道", "ガス", "[ｶﾞス]管道"),
        ("\u1100\u1161\u11a8 管道", "\uac01", "[\u1100\u1161\u11a8] 管道"),
        ("ΟΔΟΣ 路", "οδος", "ΟΔΟΣ 路"),  # the last sigma folds by what follows: found, not marked
    ],
)
def test_what_folds_only_together_is_found_without_an_incident(text: str, search: str, expected: str) -> None:
    assert shown(snippet([text], words_of(search))) == expected
