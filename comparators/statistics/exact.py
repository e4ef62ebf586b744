"""Shares in [0, 1] as whole multiples of 2^-40: each term is rounded once, and sums are integers.

Integers add up to the same bits in any order and grouping; floats do not. The rounding is at most 2^-41 a term.
"""

ONE = 1 << 40


def share(part: int, whole: int) -> int:
    """`part / whole` to the nearest multiple of 2^-40. `whole` is positive."""
    return (part * ONE + whole // 2) // whole


def real(total: int) -> float:
    """The sum that `total` multiples of 2^-40 stand for."""
    return total / ONE
