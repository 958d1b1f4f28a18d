"""Each rule of the item-writing standard, kept and broken."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.bank.checks import CHECKS, check_bank
from app.bank.checks.duplicates import near_duplicates
from app.bank.checks.enemies import enemies
from app.bank.checks.spelling import spelling
from app.bank.files import BankFiles
from app.bank.problems import Problem, ProblemCode
from app.bank.reader import read_bank
from app.domain.bilingual import Bilingual
from app.domain.items import ItemStatus, Option
from tests.banks import GOOD_PATH, GOOD_TEXT, good_bank, holding, make_bank, numbered

C = ProblemCode
LONG_EN = "She calls and " + "waits and " * 12 + "rests."
LONG_ES = "Ella llama y " + "espera y " * 14 + "descansa."

# What is changed in the good item, into what, and the code and line to expect.
BROKEN: dict[str, tuple[str, str, ProblemCode, int]] = {
    "option much longer": (
        "That she may leave a long letter",
        "That she may leave a very long letter with all her news",
        C.OPTION_LENGTHS,
        39,
    ),
    "Spanish option much longer": (
        "Que se reúnen los lunes por la mañana",
        "Que se reúnen todos los lunes por la mañana en la sala grande",
        C.OPTION_LENGTHS,
        23,
    ),
    "only the key says clinic": (
        "can be confirmed here",
        "can be confirmed in this clinic",
        C.KEY_REPEATS_STEM,
        30,
    ),
    "solo la clave dice clínica": (
        "Que aquí no se puede confirmar",
        "Que en la clínica no se confirma",
        C.KEY_REPEATS_STEM,
        31,
    ),
    "statement for a stem": (
        "What should the peer support specialist say?",
        "The peer support specialist replies.",
        C.NO_QUESTION,
        16,
    ),
    "five sentences": ("Rosa has signed", "She is kind. Rosa has signed", C.STEM_SENTENCES, 16),
    "long stem": ("She wants", f"{'She waits a bit. ' * 12}She wants", C.STEM_WORDS, 16),
    "hard English": (
        "Rosa has signed no papers about her.",
        "Rosa's documentation authorizing communication unfortunately remains unavailable.",
        C.STEM_GRADE,
        16,
    ),
    "hard Spanish": (
        "Quiere saber cuándo viene Rosa.",
        f"Solicita {'documentación administrativa, ' * 6}confidencialmente.",
        C.STEM_EASE,
        17,
    ),
    "long English sentence": ("Taking a letter sounds kind,", LONG_EN, C.SENTENCE_WORDS, 42),
    "long Spanish sentence": ("Recibir una carta parece amable,", LONG_ES, C.SENTENCE_WORDS, 43),
    "long rationale": ("and nobody has agreed.", "or not. No. No. No.", C.RATIONALE_SENTENCES, 51),
    "short rationale": (
        "The day may seem harmless, but it tells a stranger that she gets services.",
        "This is incorrect.",
        C.RATIONALE_TOO_SHORT,
        25,
    ),
    "rationale with a letter": (
        "Even the fact",
        "Unlike option B, it",
        C.RATIONALE_NAMES_AN_OPTION,
        33,
    ),
    "la primera opción": (
        "Hasta el hecho",
        "Frente a la primera opción, el hecho",
        C.RATIONALE_NAMES_AN_OPTION,
        34,
    ),
    "English left in Spanish": (
        "Que el médico le devolverá la llamada",
        "That the doctor will call back",
        C.NOT_TRANSLATED,
        49,
    ),
    "misspelt English": ("doctor", "docter", C.SPELLING, 48),
    "misspelt Spanish": ("devolverá", "devolvera", C.SPELLING, 49),
    "accent missing on a verb with pronouns": (
        "confirmar ningún",
        "decirselo con ningún",
        C.SPELLING,
        31,
    ),
    "glossary term": (
        "la especialista en apoyo entre pares?",
        "la acompañante?",
        C.GLOSSARY_TERM,
        17,
    ),
    "banned English": ("a stranger", "an addict", C.BANNED_WORDS, 25),
    "banned Spanish": ("a otra persona", "a un adicto", C.BANNED_WORDS, 26),
    "negative stem": ("What should the", "What should NOT the", C.BANNED_WORDS, 16),
    "sensitive stem": ("calls the clinic", "fears abuse", C.SENSITIVE_TAG_MISSING, 10),
    "patterned option ids": ("q2m", "k7a", C.OPTION_IDS_PATTERNED, 20),
}


def _codes(files: BankFiles) -> list[ProblemCode]:
    return [problem.code for problem in check_bank(files)]


def _found(root: Path, *changes: tuple[str, str]) -> tuple[Problem, ...]:
    text = GOOD_TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return check_bank(read_bank(make_bank(root, {GOOD_PATH: text})))


def test_the_good_item_has_no_problem(tmp_path: Path) -> None:
    assert check_bank(good_bank(tmp_path)) == ()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_named_with_code_and_line(name: str, tmp_path: Path) -> None:
    old, new, code, line = BROKEN[name]
    more = [('"b0x"', '"k7b"')] if code is C.OPTION_IDS_PATTERNED else []
    found = _found(tmp_path, (old, new), *more)
    assert (GOOD_PATH, line, code) in [(one.path, one.line, one.code) for one in found]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a stranger", "a man who says 'I'm an addict'"),
        ("a stranger", 'someone called \\"non-compliant\\"'),
        ("a otra persona", "a quien llaman «adicto»"),
        ("a stranger", "Ngozi"),
        ("a stranger", "SAMHSA and others"),
        ("calls the clinic", "calls the clinic's non-profit side"),
    ],
)
def test_what_is_quoted_named_or_hyphenated_passes(old: str, new: str, tmp_path: Path) -> None:
    changes = [(old, new)]
    if new == "Ngozi":
        changes.append(("a otra persona", "a Ngozi"))
    assert _found(tmp_path, *changes) == ()


def test_options_under_five_words_may_differ(tmp_path: Path) -> None:
    (item,) = good_bank(tmp_path).items
    texts = ("Hope", "Hope and home alone", "Home", "Purpose and health")
    options = tuple(
        replace(option, text=Bilingual(text, text))
        for option, text in zip(item.options, texts, strict=True)
    )
    files = holding(good_bank(tmp_path), [replace(item, options=options)])
    assert C.OPTION_LENGTHS not in _codes(files)


def test_swapped_languages_are_noticed(tmp_path: Path) -> None:
    (item,) = good_bank(tmp_path).items
    swapped = replace(item, stem=_swap(item.stem), options=tuple(map(_swap_option, item.options)))
    codes = _codes(holding(good_bank(tmp_path), [swapped]))
    assert codes.count(C.WRONG_LANGUAGE) == 4


def _swap(text: Bilingual) -> Bilingual:
    return Bilingual(text.es, text.en)


def _swap_option(option: Option) -> Option:
    return replace(option, text=_swap(option.text), rationale=_swap(option.rationale))


def test_a_word_in_the_allow_list_passes(tmp_path: Path) -> None:
    files = read_bank(make_bank(tmp_path, {GOOD_PATH: GOOD_TEXT.replace("doctor", "docter")}))
    assert [one.detail["word"] for one in spelling(files)] == ["docter"]
    assert list(spelling(replace(files, spelling=frozenset({"docter"})))) == []


def test_an_empty_bank_is_a_problem(tmp_path: Path) -> None:
    assert _codes(read_bank(make_bank(tmp_path))) == [C.NO_ITEMS]


def test_enemies_name_each_other(tmp_path: Path) -> None:
    one, two, three = numbered(good_bank(tmp_path).items[0], 3)
    named = [
        replace(one, enemies=(two.id, one.id)),
        replace(two, enemies=(one.id, three.id)),
        three,
    ]
    found = enemies(holding(good_bank(tmp_path), named))
    assert [(problem.path, problem.code, problem.line) for problem in found] == [
        ("items/oshpd03-0001.toml", C.OWN_ENEMY, 12),
        ("items/oshpd03-0002.toml", C.ENEMY_ONE_SIDED, 12),
    ]


def test_near_duplicates_are_found_unless_they_are_enemies(tmp_path: Path) -> None:
    one, two = numbered(good_bank(tmp_path).items[0], 2)
    stem = Bilingual(
        two.stem.en.replace("Rosa", "Wen").replace("aunt", "cousin"),
        two.stem.es.replace("Rosa", "Wen").replace("tía", "prima"),
    )
    files = good_bank(tmp_path)
    alike = holding(files, [one, replace(two, stem=stem)])
    apart = holding(files, [one, replace(two, stem=stem, enemies=(one.id,))])
    assert [problem.detail["language"] for problem in near_duplicates(alike)] == ["en", "es"]
    assert list(near_duplicates(apart)) == []


def test_retired_items_may_be_like_others(tmp_path: Path) -> None:
    one, two = numbered(good_bank(tmp_path).items[0], 2)
    retired = replace(two, status=ItemStatus.RETIRED)
    assert list(near_duplicates(holding(good_bank(tmp_path), [one, retired]))) == []


def test_the_work_can_be_watched(tmp_path: Path) -> None:
    seen = []

    def watched() -> object:
        for check in CHECKS:
            seen.append(check)
            yield check

    check_bank(good_bank(tmp_path), watched())  # type: ignore[arg-type]
    assert seen == list(CHECKS)
