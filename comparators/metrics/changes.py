"""The metrics of a change of any size, from ClippedSums: its mean, clipped; how many are beyond the clip; its size."""

from comparators.metrics import ways
from comparators.metrics.definition import Definition

SIZES = {"p50": 0.5, "p99": 0.99}


def of_change(name: str, label: str, sums: str, change: str) -> tuple[Definition, ...]:
    """`sums` is the field of it; `change` says what changes, in words."""
    beyond = f"{name}_beyond"
    mean = Definition(
        name, "value", "neither", label, ways.CLIPPED_DIFFERENCE, (f"{sums}.values",),
        f"The mean of {change}, the candidate's less production's, clipped.", signed=True, passes_with=beyond,
    )  # fmt: skip
    share = Definition(
        beyond, "share", "lower", f"{label} beyond the clip", ways.SHARE, (f"{sums}.beyond", f"{sums}.n"),
        f"The share of requests in which {change} is beyond the clip, and counts in the mean as the clip.",
    )  # fmt: skip
    sizes = (
        Definition(
            f"{name}_{at}", "value", "lower", f"{at} size of {label}", ways.quantile(q, f"{name}_size"),
            (f"{sums}.sizes",), f"The {at} of {change}, without its sign.",
        )
        for at, q in SIZES.items()
    )  # fmt: skip
    return mean, share, *sizes
