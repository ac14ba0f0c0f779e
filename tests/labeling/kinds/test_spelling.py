"""Which spellings are the same text, the same name, almost the same: one rule, in many scripts."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.kinds import LabelNames
from labeling.kinds.spelling import canonical, case_key, name_key, near_key

NFC, NFD = "NFC", "NFD"


def tags(region: str) -> str:
    """What makes of a black flag that of a part of a country."""
    return "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f"


LETTERS = [
    "Tiếng Việt có dấu", "Größe", "Ångström", "किताब पढ़ी", "বাংলা ভাষা কো", "தமிழ் கொடு", "ภาษาไทย น้ำ",
    "قُرْآنٌ كَرِيمٌ", "한국어 각각", "ガラパゴス", "Ελλάδα ώρα", "йод ё", "שָׁלוֹם", "naïve façade",
]  # fmt: skip


@pytest.mark.parametrize("text", LETTERS)
def test_composed_and_decomposed_are_one_text_by_every_fold(text):
    composed, apart = (unicodedata.normalize(form, text) for form in (NFC, NFD))
    for fold in (canonical, name_key, near_key, case_key):
        assert fold(composed) == fold(apart)


@pytest.mark.parametrize("other", [
    "two  words", "two words\n", "\ttwo words", "two\u00a0words", "\ufefftwo words", "two\u3000words",
    "two words\u200b", "two\u2009words\r\n",
])  # fmt: skip
def test_white_space_that_nobody_sees_is_no_other_text(other):
    is_run = "  " in other
    assert (canonical(other) == canonical("two words")) is not is_run  # inside a text a run may be meant: indented code
    assert name_key(other) == name_key("two words")
    assert near_key(other) == near_key("two words")


def test_line_ends_are_one_sort():
    assert len({canonical(f"one{end}two") for end in ("\n", "\r\n", "\r", "\u2028", "\u0085")}) == 1
    assert canonical("one\n\ntwo") != canonical("one\ntwo")


@pytest.mark.parametrize(("one", "other"), [
    ("कि", "की"), ("কি", "কী"), ("கி", "கீ"), ("ไม้", "ไม"), ("كَتَبَ", "كُتِبَ"), ("má", "mà"), ("ma", "mã"), ("ร้าน", "ราน"),
    ("sınır", "sinir"), ("👩‍👩‍👧", "👩👩👧"), ("👍", "👎"), ("👍🏽", "👍"), ("5 < 6", "5 > 6"), ("10 €", "10 $"),
    ("?!", "?"), ("🏴" + tags("gbeng"), "🏴" + tags("gbsct")),
])  # fmt: skip
def test_what_says_another_thing_is_not_almost_the_same(one, other):
    for fold in (canonical, name_key, near_key, case_key):
        assert fold(one) != fold(other)


@pytest.mark.parametrize(("one", "other"), [
    ("Straße", "STRASSE"), ("İstanbul", "istanbul"), ("ＡＢＣ １２", "abc 12"), ("ﾊﾟﾝ", "パン"), ("ﬁne", "fine"),
    ("Σίσυφος", "ΣΊΣΥΦΟΣ"), ("مـحمد", "محمد"), ("क्‍ष", "क्ष"), ("❤️", "❤"), ("see you!", "SEE “you”…"),
    ("мир — труд", "Мир, труд"), ("soft\u00adly", "softly"),
])  # fmt: skip
def test_case_width_and_punctuation_are_almost_the_same_and_not_the_same(one, other):
    assert near_key(one) == near_key(other)
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ß", "ss"), ("I", "ı"), ("İ", "i"), ("Ａ", "A"), ("①", "1"), ("Spam", "spam")]
)
def test_a_name_is_not_folded_further_than_the_eye_does(one, other):
    assert name_key(one) != name_key(other)


def test_a_text_without_a_letter_is_known_by_itself():
    assert near_key("…") == near_key(" … \n")
    assert near_key("!!!")
    assert near_key(" \t ") == ""


def test_a_plain_text_costs_no_copy():
    plain = "Nothing to fold here."
    assert canonical(plain) is plain


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=12), st.sampled_from(["NFC", "NFD"]), st.sampled_from(["", " ", "\r\n", "\u00a0", "\ufeff"]))
def test_each_fold_is_coarser_than_the_one_before_and_done_once(text, form, blank):
    twin = blank + unicodedata.normalize(form, text) + blank
    for fold in (canonical, name_key, near_key, case_key):
        assert fold(twin) == fold(text), fold.__name__
    for fold in (canonical, name_key):
        assert fold(fold(text)) == fold(text)
    assert near_key(canonical(text)) == near_key(text)


def test_names_are_found_by_any_spelling_unless_two_look_the_same():
    names = LabelNames(["Café", "spam", "x"])
    assert [names.find(name) for name in ("Cafe\u0301", "\u00a0spam ", "spam", "Spam", "y")] == [
        "Café",
        "spam",
        "spam",
        None,
        None,
    ]
    names.add("y")
    assert names.find("y\u200b") == "y"
    twins = LabelNames(["Café", "Cafe\u0301"])
    assert [twins.find(name) for name in ("Café", "Cafe\u0301", " Café")] == ["Café", "Cafe\u0301", None]
