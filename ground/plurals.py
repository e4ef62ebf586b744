"""A count and what was counted, in words: the one place that knows of singular and plural."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 request`, `1,200 requests`; `plural` of a noun that does not take an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"
