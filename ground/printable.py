"""Text for a terminal: no control character, no mark that turns the direction of writing, nothing that is not seen."""

import re

_PLAIN = re.compile(r"[^\n -~]")


def blanked(text: str) -> str:
    """One line, with a blank for each character that cannot be printed."""
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)


def escaped(json: str) -> str:
    """The same JSON (or TOML's strings, which are the same), with an escape for each character that cannot be printed.

    Outside of its strings JSON has none of these but line breaks, which stay.
    """
    return _PLAIN.sub(lambda found: _escaped(found[0]), json)


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
