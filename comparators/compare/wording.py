"""How near two texts are, and what one text is: pure functions of strings, each with its cap. text.py calls these.

Whoever writes the texts chooses their length and their characters: what is more than linear looks at a stated number of
characters only.
"""

import re
from itertools import repeat
from unicodedata import is_normalized, normalize

import orjson
from rapidfuzz.distance import LCSseq, Levenshtein

MAX_NORMALISED = 1_000_000  # characters; a longer text is left as it is
MAX_CHARS = 4_096  # of each normalised text, that the similarities look at: they cost the product of both lengths

REFUSAL_OPENINGS = (
    "i can't help",
    "i cannot help",
    "i can't assist",
    "i cannot assist",
    "i can't provide",
    "i cannot provide",
    "i can't do that",
    "i cannot do that",
    "i can't comply",
    "i cannot comply",
    "i can't fulfill",
    "i cannot fulfill",
    "i won't be able to",
    "i'm not able to",
    "i am not able to",
    "i'm unable to",
    "i am unable to",
    "i must decline",
    "i have to decline",
)
# What may stand before one, in this order: "I'm sorry, but as an AI language model, I cannot ...".
_BEFORE_IT = (
    "i'm sorry", "i am sorry", "sorry", "i apologize", "unfortunately", "but", "as an ai language model", "as an ai",
)  # fmt: skip
_OPENING_CHARS = 200
_AROUND = " \"'*_\u201c"

_WORD = re.compile(r"\w+")
_ASCII_WORDS = "".join([each if each.isalnum() or each == "_" else " " for each in map(chr, range(128))])
# Thirty in a row of what is no letter, digit, space or ASCII: all combining marks are among these.
_RUN = re.compile(r"[^\w\s\x00-\x7f]{30}")
_JOINED = "\\g<0>\u034f"  # COMBINING GRAPHEME JOINER: not seen, and no mark is sorted across it
_LETTERS = "".join(map(chr, range(MAX_CHARS)))  # a text of as many characters has no more words


def normalised(text: str) -> str:
    """NFC, casefolded, each run of white space one space, none at the ends.

    NFC makes one of the ways to write a character (é, or e and an accent), and keeps what NFKC would not: 10² is not
    102.

    Runs of marks are cut after 30, as Unicode's stream-safe format does (UAX #15, section 13): sorting them takes the
    square of their number, and no script has more than a few. A text of more than MAX_NORMALISED characters stays as it
    is.
    """
    if len(text) > MAX_NORMALISED:
        return text
    if not text.isascii() and not is_normalized("NFC", text):  # which gives up at the first mark out of order
        text = normalize("NFC", _RUN.sub(_JOINED, text))
    return " ".join(text.casefold().split())


def edit_similarity(p: str, c: str) -> float:
    """1 - (Levenshtein distance / characters of the longer), of the first MAX_CHARS characters of both; 1 for two empty
    ones.
    """
    p, c = p[:MAX_CHARS], c[:MAX_CHARS]
    longest = max(len(p), len(c))
    return 1 - Levenshtein.distance(p, c) / longest if longest else 1.0


def rouge_l(p: str, c: str) -> float:
    """ROUGE-L as an F1 (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", ACL 2004): 2 · LCS / (words of
    both), LCS the longest common subsequence of words, in the first MAX_CHARS characters of both. Without stemming.

    Words are runs of letters and digits: in scripts without spaces a clause is one word, and edit_similarity says more.
    1 where neither has a word.
    """
    own, other = words(p[:MAX_CHARS]), words(c[:MAX_CHARS])
    if not own and not other:
        return 1.0
    return 2 * common_words(own, other) / (len(own) + len(other))


def words(text: str) -> list[str]:
    """Runs of letters, digits and underscores."""
    if text.isascii():
        return text.translate(_ASCII_WORDS).split()  # four times as fast
    return _WORD.findall(text)


def common_words(p: list[str], c: list[str]) -> int:
    """Length of the longest common subsequence of at most MAX_CHARS words on either side.

    Words that both have become letters, the others have no part in it. rapidfuzz takes lists too, but compares hashes
    of words, and Python's differ from run to run.
    """
    letters = dict(zip(set(p).intersection(c), _LETTERS, strict=False))
    own, other = ("".join(map(letters.get, side, repeat(""))) for side in (p, c))
    return LCSseq.similarity(own, other)


def opens_as_refusal(text: str) -> bool:
    """A heuristic, for English, of a normalised text: it opens with one of REFUSAL_OPENINGS, an apology before it or
    not. It misses refusals in other words, and takes "I'm unable to find a fault" for one.
    """
    opening = text[:_OPENING_CHARS].replace("\u2019", "'").lstrip(_AROUND)
    for words in _BEFORE_IT:
        opening = opening.removeprefix(words).lstrip(" ,.;:")
    return opening.startswith(REFUSAL_OPENINGS)


def is_json(text: str) -> bool:
    """A JSON object or array and nothing else, in a Markdown fence or not. A bare word or number is text."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.partition("\n")[2][:-3].strip()
    if not text.startswith(("{", "[")):
        return False
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True
