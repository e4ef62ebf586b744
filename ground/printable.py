"""Text for a terminal: no control character, no mark that turns the direction of writing, nothing that is not seen."""

import re
from itertools import chain

_PLAIN = re.compile(r"[^\n -~]")

# Python calls these printable, and nobody sees them: what Unicode lets a program ignore (Default_Ignorable_Code_Point:
# fillers, joiners and selectors of variants), the empty Braille cell, and two empty symbols.
_UNSEEN = frozenset(
    map(
        chr,
        chain(
            (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0x16FE4, 0x1D159),
            range(0x180B, 0x1810),
            range(0xFE00, 0xFE10),
            range(0xE0100, 0xE01F0),
        ),
    )
)


def is_seen(character: str) -> bool:
    return character.isprintable() and character not in _UNSEEN


def blanked(text: str) -> str:
    """One line, with a blank for each character that is not seen."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if is_seen(each) else " " for each in text)


def escaped(json: str) -> str:
    """The same JSON (or TOML's strings, which are the same), with an escape for each character that is not seen.

    Outside of its strings JSON has none of these but line breaks, which stay.
    """
    return _PLAIN.sub(lambda found: _escaped(found[0]), json)


def _escaped(character: str) -> str:
    if is_seen(character):
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
