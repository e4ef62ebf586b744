"""A count and what was counted, in words: the one place that knows of singular and plural."""


def counted(number: int, noun: str) -> str:
    """`1 request`, `1,200 requests`; of a noun that takes an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
