"""The distribution of one of a run's times, as an HdrHistogram. Pure."""

from loadtest.results.hdr import HdrHistogram
from loadtest.results.hlog import TAGS
from loadtest.results.left_out import without_answer, without_recorded
from loadtest.results.rows import ResultColumns

_TAG_OF = {"response": "candidate-scheduled", "service": "candidate", "recorded": "recorded", "lag": "lag"}
TIMES = tuple(_TAG_OF)


def histogram_of_times(rows: ResultColumns, of: str) -> HdrHistogram:
    """`of`: one of TIMES."""
    histogram = HdrHistogram()
    histogram.add_all(TAGS[_TAG_OF[of]](rows))
    return histogram


def left_out_in_words(rows: ResultColumns, of: str) -> str:
    """Which of all requests that is without, and why; "" where it has all, as it has of the lag."""
    if of == "lag":
        return ""
    return without_recorded(rows) if of == "recorded" else without_answer(rows)
