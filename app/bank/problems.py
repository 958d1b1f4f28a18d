"""What can be wrong with the bank's files: codes and data; the words are made at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

Detail = str | int | float


class ProblemCode(StrEnum):
    """A stable code for each kind of problem, with the names of the details that it carries."""

    fields: tuple[str, ...]

    def __new__(cls, value: str, *fields: str) -> Self:
        """Make the code a plain string that also knows its details."""
        code = str.__new__(cls, value)
        code._value_ = value
        code.fields = fields
        return code

    # The file itself
    FILE_UNREADABLE = "file_unreadable", "reason"
    NOT_A_FILE = "not_a_file"
    LINK_OUTSIDE = "link_outside"
    FILE_TOO_LARGE = "file_too_large", "limit"
    NOT_UTF8 = "not_utf8"
    FORBIDDEN_CHARACTER = "forbidden_character", "character"
    TOML_SYNTAX = "toml_syntax", "reason"
    NESTED_TOO_DEEPLY = "nested_too_deeply"
    UNEXPECTED_FILE = "unexpected_file"
    WRONG_FOLDER = "wrong_folder", "expected"
    WRONG_FILE_NAME = "wrong_file_name", "expected"
    DUPLICATE_ID = "duplicate_id", "id", "first"
    # The shape of what it holds
    MISSING_KEY = "missing_key", "key"
    MISSING_LANGUAGE = "missing_language", "key", "language"
    UNKNOWN_KEY = "unknown_key", "key"
    WRONG_TYPE = "wrong_type", "key"
    NOT_ALLOWED = "not_allowed", "key", "allowed"
    OUT_OF_RANGE = "out_of_range", "key"
    BAD_ID = "bad_id", "key"
    BAD_OPTION_ID = "bad_option_id", "key"
    BLANK_TEXT = "blank_text", "key"
    UNTIDY_TEXT = "untidy_text", "key"
    TEXT_TOO_LONG = "text_too_long", "key", "limit"
    REPEATED_VALUE = "repeated_value", "key", "value"
    UNKNOWN_REFERENCE = "unknown_reference", "key", "value"
    # One item as a whole
    OPTION_COUNT = "option_count"
    NO_SOURCE = "no_source"
    DOMAIN_MISMATCH = "domain_mismatch", "id", "oshpd"
    KEY_NOT_AN_OPTION = "key_not_an_option", "key"
    EQUAL_OPTIONS = "equal_options", "first", "second", "language"
    MISCONCEPTION_MISSING = "misconception_missing", "option"
    MISCONCEPTION_ON_KEY = "misconception_on_key", "option"
    UNKNOWN_ENEMY = "unknown_enemy", "enemy"
    # The registries
    QUOTAS_DO_NOT_ADD_UP = "quotas_do_not_add_up", "total", "items"
    RANGE_REVERSED = "range_reversed", "key"
    LENGTH_DOES_NOT_DIVIDE = "length_does_not_divide", "length"
    SPELLING_LIST_ORDER = "spelling_list_order", "word"
    # Found by the checks
    NO_ITEMS = "no_items"
    ENEMY_ONE_SIDED = "enemy_one_sided", "enemy"
    OWN_ENEMY = "own_enemy"
    OPTION_LENGTHS = "option_lengths", "language", "longest", "shortest"
    KEY_REPEATS_STEM = "key_repeats_stem", "language", "words"
    KEY_LONGEST_SHARE = "key_longest_share", "language", "percent", "low", "high"
    KEY_SHORTEST_SHARE = "key_shortest_share", "language", "percent", "low", "high"
    KEY_PLACE_SHARE = "key_place_share", "place", "percent", "low", "high"
    KEY_ID_ORDER_SHARE = "key_id_order_share", "place", "percent", "low", "high"
    OPTION_IDS_PATTERNED = "option_ids_patterned", "ids"
    KEY_IDS_PATTERNED = "key_ids_patterned", "character", "place", "percent"
    NEAR_DUPLICATE = "near_duplicate", "other", "language", "percent"
    STEM_WORDS = "stem_words", "words", "limit"
    STEM_SENTENCES = "stem_sentences", "language", "sentences", "limit"
    NO_QUESTION = "no_question", "language"
    STEM_GRADE = "stem_grade", "grade", "limit"
    STEM_EASE = "stem_ease", "ease", "limit"
    BANK_GRADE = "bank_grade", "grade", "low", "high"
    SENTENCE_WORDS = "sentence_words", "language", "words", "limit", "start"
    RATIONALE_SENTENCES = "rationale_sentences", "option", "language", "sentences", "limit"
    RATIONALE_TOO_SHORT = "rationale_too_short", "option", "language"
    RATIONALE_NAMES_AN_OPTION = "rationale_names_an_option", "option", "language", "words"
    WRONG_LANGUAGE = "wrong_language", "language"
    NOT_TRANSLATED = "not_translated", "key"
    SPELLING = "spelling", "language", "word"
    GLOSSARY_TERM = "glossary_term", "term", "expected"
    BANNED_WORDS = "banned_words", "language", "words"
    SENSITIVE_TAG_MISSING = "sensitive_tag_missing", "word"
    LEVEL_SHARE = "level_share", "level", "percent", "low", "high"
    EMPTY_AREA = "empty_area", "axis", "area"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `path` is below the bank's folder, with slashes; `line` counts from 1."""

    path: str
    line: int
    code: ProblemCode
    detail: Mapping[str, Detail]

    def __post_init__(self) -> None:
        """Refuse details that the code's text could not show. Raises ValueError."""
        if set(self.detail) != set(self.code.fields):
            message = f"{self.code} carries {self.code.fields}, not {tuple(self.detail)}"
            raise ValueError(message)

    @property
    def place(self) -> tuple[str, int, str]:
        """What problems are put in order by."""
        return self.path, self.line, self.code.value


class BankUnreadable(Exception):
    """A file that the whole bank rests on cannot be used."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem; the edge words it."""
        super().__init__(f"{problem.path}:{problem.line}: {problem.code} {dict(problem.detail)}")
        self.problem = problem
