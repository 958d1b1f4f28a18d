"""What each problem means in plain English: message ids for the edge to translate and fill in."""

from collections.abc import Mapping

from app.bank.problems import ProblemCode


def N_(message: str) -> str:  # noqa: N802 - the name by which Babel finds message ids
    """Mark a message id for extraction; it is translated where it is shown."""
    return message


PROBLEM_TEXTS: Mapping[ProblemCode, str] = {
    ProblemCode.FILE_UNREADABLE: N_("The file cannot be opened (%(reason)s)."),
    ProblemCode.NOT_A_FILE: N_("A file was expected here, not a folder or anything else."),
    ProblemCode.LINK_OUTSIDE: N_("The link leads out of the bank's folder."),
    ProblemCode.FILE_TOO_LARGE: N_("The file is larger than %(limit)s bytes."),
    ProblemCode.NOT_UTF8: N_("The file is not saved as UTF-8."),
    ProblemCode.FORBIDDEN_CHARACTER: N_(
        "The invisible or control character %(character)s is not allowed."
    ),
    ProblemCode.TOML_SYNTAX: N_("The file does not follow the TOML format: %(reason)s."),
    ProblemCode.NESTED_TOO_DEEPLY: N_("The file holds tables or lists too deep in each other."),
    ProblemCode.UNEXPECTED_FILE: N_("Only item files that end in .toml belong in this folder."),
    ProblemCode.WRONG_FOLDER: N_("The item belongs in the folder %(expected)s."),
    ProblemCode.WRONG_FILE_NAME: N_("By the item's id, the file should be named %(expected)s."),
    ProblemCode.DUPLICATE_ID: N_("The id %(id)s is already used in %(first)s."),
    ProblemCode.MISSING_KEY: N_("The entry %(key)s is missing."),
    ProblemCode.MISSING_LANGUAGE: N_(
        "The entry %(key)s is missing: the text has no language “%(language)s”."
    ),
    ProblemCode.UNKNOWN_KEY: N_("There is no entry named %(key)s in this format."),
    ProblemCode.WRONG_TYPE: N_("The value of %(key)s is of the wrong kind."),
    ProblemCode.NOT_ALLOWED: N_("The value of %(key)s must be one of these: %(allowed)s."),
    ProblemCode.OUT_OF_RANGE: N_("The number %(key)s is too small or too large."),
    ProblemCode.BAD_ID: N_("The value of %(key)s must look like oshpd03-0007."),
    ProblemCode.BAD_OPTION_ID: N_(
        "The value of %(key)s must be a small letter and two small letters or digits, like k7f."
    ),
    ProblemCode.BLANK_TEXT: N_("The text of %(key)s is blank."),
    ProblemCode.UNTIDY_TEXT: N_(
        "The text of %(key)s has needless spaces, line breaks or letters in an unusual encoding."
    ),
    ProblemCode.TEXT_TOO_LONG: N_("The text of %(key)s is longer than %(limit)s characters."),
    ProblemCode.REPEATED_VALUE: N_("In %(key)s, the value %(value)s stands twice."),
    ProblemCode.UNKNOWN_REFERENCE: N_("In %(key)s, the value %(value)s is not known."),
    ProblemCode.OPTION_COUNT: N_("An item has exactly four options."),
    ProblemCode.NO_SOURCE: N_("The item names no source."),
    ProblemCode.DOMAIN_MISMATCH: N_("The id %(id)s does not fit OSHPD domain %(oshpd)s."),
    ProblemCode.KEY_NOT_AN_OPTION: N_("The key %(key)s is not the id of an option."),
    ProblemCode.EQUAL_OPTIONS: N_(
        "The options %(first)s and %(second)s are the same in language “%(language)s”."
    ),
    ProblemCode.MISCONCEPTION_MISSING: N_(
        "The option %(option)s is not the key, so it needs a misconception."
    ),
    ProblemCode.MISCONCEPTION_ON_KEY: N_(
        "The option %(option)s is the key, so it cannot have a misconception."
    ),
    ProblemCode.UNKNOWN_ENEMY: N_("There is no item %(enemy)s to keep apart from this one."),
    ProblemCode.QUOTAS_DO_NOT_ADD_UP: N_(
        "The quotas add up to %(total)s items, but the exam has %(items)s."
    ),
    ProblemCode.RANGE_REVERSED: N_("In %(key)s, the first number is larger than the second."),
    ProblemCode.LENGTH_DOES_NOT_DIVIDE: N_(
        "A practice test of %(length)s items cannot be shared out over the domains."
    ),
    ProblemCode.SPELLING_LIST_ORDER: N_(
        "The word “%(word)s” is out of order, repeated or not in small letters."
    ),
    ProblemCode.NO_ITEMS: N_("The bank holds no item that can be read."),
    ProblemCode.ENEMY_ONE_SIDED: N_("The item %(enemy)s does not name this one as its enemy."),
    ProblemCode.OWN_ENEMY: N_("The item names itself as its enemy."),
    ProblemCode.OPTION_LENGTHS: N_(
        "In language “%(language)s”, the longest option has %(longest)s words and the shortest "
        "%(shortest)s: too different."
    ),
    ProblemCode.KEY_REPEATS_STEM: N_(
        "In language “%(language)s”, only the key repeats these words of the stem: %(words)s."
    ),
    ProblemCode.KEY_LONGEST_SHARE: N_(
        "In language “%(language)s”, the key is the longest option in %(percent)s %% of items; "
        "it should be %(low)s to %(high)s %%."
    ),
    ProblemCode.KEY_SHORTEST_SHARE: N_(
        "In language “%(language)s”, the key is the shortest option in %(percent)s %% of items; "
        "it should be %(low)s to %(high)s %%."
    ),
    ProblemCode.KEY_PLACE_SHARE: N_(
        "The key is option %(place)s in the file in %(percent)s %% of items; it should be "
        "%(low)s to %(high)s %%."
    ),
    ProblemCode.KEY_ID_ORDER_SHARE: N_(
        "With option ids in alphabetical order, the key is number %(place)s in %(percent)s %% of "
        "items; it should be %(low)s to %(high)s %%."
    ),
    ProblemCode.OPTION_IDS_PATTERNED: N_("The option ids follow a pattern: %(ids)s."),
    ProblemCode.KEY_IDS_PATTERNED: N_(
        "Of the option ids with “%(character)s” at place %(place)s, %(percent)s %% are keys."
    ),
    ProblemCode.NEAR_DUPLICATE: N_(
        "In language “%(language)s”, the item is %(percent)s %% the same as %(other)s. Change one, "
        "or name them as enemies."
    ),
    ProblemCode.STEM_WORDS: N_("The stem has %(words)s words; %(limit)s is the most."),
    ProblemCode.STEM_SENTENCES: N_(
        "In language “%(language)s”, the stem has %(sentences)s sentences; %(limit)s is the most."
    ),
    ProblemCode.NO_QUESTION: N_("In language “%(language)s”, the stem asks no question."),
    ProblemCode.STEM_GRADE: N_(
        "The stem reads at school grade %(grade)s (Flesch-Kincaid); %(limit)s is the most."
    ),
    ProblemCode.STEM_EASE: N_(
        "The Spanish stem has a reading ease of %(ease)s (Fernández-Huerta); %(limit)s is the "
        "least."
    ),
    ProblemCode.BANK_GRADE: N_(
        "Half of the stems read at school grade %(grade)s or below (Flesch-Kincaid); this should "
        "be %(low)s to %(high)s."
    ),
    ProblemCode.SENTENCE_WORDS: N_(
        "In language “%(language)s”, a sentence has %(words)s words; %(limit)s is the most. It "
        "begins: %(start)s"
    ),
    ProblemCode.RATIONALE_SENTENCES: N_(
        "In language “%(language)s”, the rationale of %(option)s has %(sentences)s sentences; "
        "%(limit)s is the most."
    ),
    ProblemCode.RATIONALE_TOO_SHORT: N_(
        "In language “%(language)s”, the rationale of %(option)s is too short to teach anything."
    ),
    ProblemCode.RATIONALE_NAMES_AN_OPTION: N_(
        "In language “%(language)s”, the rationale of %(option)s says “%(words)s”, but options are "
        "shuffled."
    ),
    ProblemCode.WRONG_LANGUAGE: N_("These texts do not read as language “%(language)s”."),
    ProblemCode.NOT_TRANSLATED: N_("The text of %(key)s is the same in both languages."),
    ProblemCode.SPELLING: N_(
        "The word “%(word)s” is in no dictionary of language “%(language)s”. Correct it, or add it "
        "to spelling.txt."
    ),
    ProblemCode.GLOSSARY_TERM: N_(
        "The English says “%(term)s”, so the Spanish should say “%(expected)s”."
    ),
    ProblemCode.BANNED_WORDS: N_(
        "In language “%(language)s”, the words “%(words)s” are not used outside quotation marks."
    ),
    ProblemCode.SENSITIVE_TAG_MISSING: N_(
        "The stem says “%(word)s”, so the item needs the tag “sensitive”."
    ),
    ProblemCode.LEVEL_SHARE: N_(
        "The level %(level)s has %(percent)s %% of items; it should have %(low)s to %(high)s %%."
    ),
    ProblemCode.EMPTY_AREA: N_("On the axis %(axis)s, the area %(area)s has no item."),
}
