"""`.hlog`: what each request counts for, in lines and payloads that HdrHistogram's own readers take."""

import base64
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.results.hdr import HdrHistogram
from loadtest.results.hgrm import hgrm
from loadtest.results.hlog import encoded, histogram_of, hlog
from loadtest.results.rows import ResultColumns, ResultRow

JAR = Path("/usr/share/java/hdrhistogram.jar")  # of Debian's libhdrhistogram-java
MS, S = 10**6, 10**9
STARTED = 1_441_812_279_474 * MS  # the moment in HdrHistogram's own example

# By HdrHistogram 2.1.11 (Java).
FEW = [0, 1, 2047, 2048, 2048, 2048, 10**9, 3600 * 10**9]
FEW_PAYLOAD = "HISTFAAAAC142pNpmSzMwMDAxwABzFCaEcj8DwL2HyACTEw/5ZnYHq9lYlq/h5EJAPqMC6w="
GAPS_PAYLOAD = "HISTFAAAACN42pNpmSzMwMDAygABzFCaEUKx/7f/AGExMTCxMgEAVbADkA=="  # of 0, 2 and 6
EMPTY_PAYLOAD = "HISTFAAAAB142pNpmSzMwMDAyAABzFAaymf/b/8BKgIARvgDgQ=="
# Of 2^55 - 1 times 0, 2^55 times 1, 2^62 times 2: eight bytes are enough for the first count.
HUGE_PAYLOAD = "HISTFAAAACl42pNpmSzMwMAgxQABzFCaEUKx/7f/AGH9+w8G9Q1QwAhjNAAAnp8Tkg=="
CUBES = [i**3 * 1000 for i in range(1, 101)]
CUBES_PAYLOAD = (
    "HISTFAAAAPt42jWLMUtCYRSG7/t814sY4VBb/Qd/gj8gRBokIkIiIqIhGhoiRKJEREIu0hAOEhESDg4RDZdoiKYIh4imhhAJh0hpcGi43at2"
    "Dpz38PI888fVGcvStDUeM0mFJ+n7frI/LtpxnhOU5/iepR6nN8VjjEaMX4fzKB8RCg4th6pN1+Y+gme4M/wYmjYVQxsG4BpuDEPwhQsN8OAF"
    "evAlnsSb6IiBQuAEaoR/TVyIK3EtPPEwIl/Fu/gMMHHAoSiIkqiIU3Em6uJSNEVL3IqyyLLOBltss8Mue+yTI8+RKP6brlhlgRRpFoPNsMQy"
    "K0GXZW0kbwZyqP8BqVFFXQ=="
)

VALUES = st.lists(st.one_of(st.integers(0, 5000), st.integers(0, 2**62 - 1)), max_size=60)


def counted(values: list[int]) -> HdrHistogram:
    histogram = HdrHistogram()
    histogram.add_all(np.array(values, dtype=np.int64))
    return histogram


def row(n: int, due: int, **fields: int | str | bool) -> ResultRow:
    """Sent 1 ms late, answered 3 ms after that, what production took 2 ms for: unless said otherwise."""
    told = {"ready": due, "issued": due + MS, "sent": due + MS, "done": due + 4 * MS, "status": 200, "recorded": 2 * MS}
    return ResultRow(n=n, due=due, **(told | fields))


def log_of(*rows: ResultRow) -> list[str]:
    return list(hlog(ResultColumns.of(rows), STARTED))


def intervals(lines: list[str]) -> dict[tuple[str, str], HdrHistogram]:
    """By tag and start."""
    found = {}
    for line in lines[4:]:
        tag, start, length, _, payload = line.split(",")
        assert length == "1.000"
        found[tag.removeprefix("Tag="), start] = histogram_of(payload.rstrip())
    return found


def run_of(seconds: int) -> list[ResultRow]:
    """Some requests a second, with a heavy tail."""
    random = np.random.default_rng(3)
    dues = np.sort(random.uniform(0, seconds * S, 40 * seconds)).astype(np.int64).tolist()
    took = random.lognormal(15, 1.5, len(dues)).astype(np.int64).tolist()
    lags = random.exponential(50_000, len(dues)).astype(np.int64).tolist()
    return [
        row(n, due, issued=due + lag, sent=due + lag, done=due + lag + each, recorded=each // 2)
        for n, (due, each, lag) in enumerate(zip(dues, took, lags, strict=True))
    ]


def test_a_log_begins_as_hdrhistogram_says():
    """Version, start, base of the lines' times, legend."""
    assert log_of() == [
        "#[Histogram log format version 1.3]\n",
        "#[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 15:24:39 UTC 2015]\n",
        "#[BaseTime: 1441812279.474 (seconds since epoch)]\n",
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n',
    ]


def test_a_request_counts_under_each_tag_in_the_second_in_which_it_was_due():
    """Also where it was answered in a later one; its largest value stands in ms beside it."""
    lines = log_of(row(0, 1_500 * MS, done=3_700 * MS))
    assert [line.rsplit(",", 1)[0] for line in lines[4:]] == [
        "Tag=candidate,1.000,1.000,2199.912",
        "Tag=candidate-scheduled,1.000,1.000,2202.010",
        "Tag=recorded,1.000,1.000,2.001",
        "Tag=lag,1.000,1.000,1.000",
    ]
    assert all(line.split(",")[4].startswith("HISTFAAA") for line in lines[4:])


def test_lines_stand_in_the_order_of_time_and_seconds_without_requests_have_none():
    """In whichever order the rows come."""
    lines = log_of(row(2, 7 * S), row(1, S - 1), row(0, 0), row(3, 7 * S + 5))
    assert [line.split(",")[1] for line in lines[4:]] == ["0.000"] * 4 + ["7.000"] * 4
    assert {each.n for each in intervals(lines).values()} == {2}


def test_what_did_not_happen_counts_as_no_time():
    """Without production's time, not sent, not ended: the tags that need it leave the request out, which is said."""
    lines = log_of(row(0, 0, recorded=-1), row(1, 0, sent=-1, failure="connect"), row(2, 0, done=-1))
    assert lines.pop(3) == "#[Of the candidate's answers: of 3 requests 1; left out: 2 failed otherwise]\n"
    assert {tag: each.n for (tag, _), each in intervals(lines).items()} == {
        "candidate": 1,
        "candidate-scheduled": 1,
        "recorded": 2,
        "lag": 3,
    }


def test_what_warms_up_is_left_out():
    """It counts in no number."""
    assert intervals(log_of(row(0, 0, warmup=True), row(1, S)))["lag", "1.000"].n == 1
    assert len(log_of(row(0, 0, warmup=True))) == 4


def test_the_intervals_of_a_tag_merge_to_the_run():
    """Nothing is counted twice or lost between seconds."""
    rows = run_of(5)
    whole = HdrHistogram()
    for (tag, _), each in intervals(log_of(*rows)).items():
        if tag == "candidate-scheduled":
            whole.merge(each)
    assert whole.counts.tolist() == counted([each.done - each.due for each in rows]).counts.tolist()


def inflated(text: str) -> bytes:
    data = base64.b64decode(text)
    assert struct.unpack_from(">ii", data) == (0x1C849314, len(data) - 8)
    return zlib.decompress(data[8:])


@pytest.mark.parametrize(
    ("values", "payload"),
    [(FEW, FEW_PAYLOAD), (CUBES, CUBES_PAYLOAD), ([0, 2, 6], GAPS_PAYLOAD), ([], EMPTY_PAYLOAD)],
)
def test_a_payload_is_hdrhistograms_own(values, payload):
    """Ours and that of Java hold the same bytes once they are inflated (deflaters may differ), and theirs is read."""
    assert inflated(encoded(counted(values))) == inflated(payload)
    assert histogram_of(payload).counts.tolist() == counted(values).counts.tolist()


def test_a_count_takes_nine_bytes_at_most_as_hdrhistogram_has_it():
    """Larger ones than any run has, but not than a file may have."""
    histogram = HdrHistogram()
    histogram.add_counts(np.array([2**55 - 1, 2**55, 2**62]))
    assert inflated(encoded(histogram)) == inflated(HUGE_PAYLOAD)
    assert histogram_of(HUGE_PAYLOAD).counts.tolist() == histogram.counts.tolist()


@given(VALUES)
def test_what_is_encoded_is_decoded(values):
    """Each count, and as many buckets as its largest value needs."""
    histogram = counted(values)
    assert encoded(histogram).startswith("HISTFAAA")
    assert histogram_of(encoded(histogram)).counts.tolist() == histogram.counts.tolist()


@given(VALUES)
def test_the_python_implementation_reads_ours_and_we_read_its(values):
    """The counts are the same in both directions."""
    hdrh = pytest.importorskip("hdrh.histogram", reason="HdrHistogram for Python (hdrhistogram) is not installed")
    histogram = counted(values)
    decoded = hdrh.HdrHistogram.decode(encoded(histogram))
    assert list(decoded.counts) == histogram.counts.tolist()

    theirs = hdrh.HdrHistogram(1, histogram.reach, 3)
    for value in values:
        theirs.record_value(value)
    assert histogram_of(theirs.encode().decode()).counts.tolist() == histogram.counts.tolist()


def test_the_python_implementation_reads_the_log(tmp_path):
    """Each interval with its tag, at the moment at which it was."""
    log = pytest.importorskip("hdrh.log", reason="HdrHistogram for Python (hdrhistogram) is not installed")
    lines = log_of(*run_of(3))
    (file := tmp_path / "run.hlog").write_text("".join(lines))
    reader, found = log.HistogramLogReader(str(file), None), []
    while each := reader.get_next_interval_histogram():
        found.append((each.get_tag(), each.get_start_time_stamp() - STARTED / MS, each.get_total_count()))
    reader.close()
    assert found == [(tag, float(start) * 1000, each.n) for (tag, start), each in intervals(lines).items()]


@pytest.mark.skipif(not (shutil.which("java") and JAR.exists()), reason="needs java and libhdrhistogram-java")
@pytest.mark.parametrize("tag", ["candidate", "candidate-scheduled", "recorded", "lag"])
def test_the_java_implementation_reads_the_log_and_prints_our_hgrm(tmp_path, tag):
    """HdrHistogram's own log processor makes of a tag's intervals the percentiles that we print, to the byte."""
    rows = run_of(3)
    (tmp_path / "run.hlog").write_text("".join(log_of(*rows)))
    tool = ["java", "-cp", str(JAR), "org.HdrHistogram.HistogramLogProcessor"]
    subprocess.run([*tool, "-i", "run.hlog", "-o", "out", "-tag", tag], cwd=tmp_path, check=True, timeout=60)
    values = {
        "candidate": [each.done - each.sent for each in rows],
        "candidate-scheduled": [each.done - each.due for each in rows],
        "recorded": [each.recorded for each in rows],
        "lag": [each.issued - each.ready for each in rows],
    }[tag]
    comments, head, rest = (tmp_path / "out.hgrm").read_text().partition("       Value ")
    assert all(line.startswith("#[") for line in comments.splitlines())
    assert head + rest == hgrm(counted(values))


def payload_of(inner: bytes) -> str:
    deflated = zlib.compress(inner)
    return base64.b64encode(struct.pack(">ii", 0x1C849314, len(deflated)) + deflated).decode()


def inner_of(counts: bytes, digits: int = 3, unit: int = 1) -> bytes:
    return struct.pack(">iiiiqqd", 0x1C849313, len(counts), 0, digits, unit, 2047, 1.0) + counts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64!",
        "HISTFAAA",
        FEW_PAYLOAD[:-8],
        FEW_PAYLOAD.replace("HISTFA", "HISTEA"),
        base64.b64encode(b"\x1c\x84\x93\x14\x00\x00\x00\x04oops").decode(),
        payload_of(b"short"),
        payload_of(inner_of(b"\x02", digits=2)),
        payload_of(inner_of(b"\x02", unit=1000)),
        payload_of(inner_of(b"\x80")),  # a count without an end
        payload_of(inner_of(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff")),  # 2^63 zeros in a row
        payload_of(inner_of(b"\x02" * 60_000)),  # more than there are places
        payload_of(inner_of(b"\x00" * 10**7)),  # a bomb
    ],
)
def test_what_is_no_such_histogram_is_an_error_in_words(text):
    """Damaged, cut, hostile, or of another precision: refused, within little memory."""
    with pytest.raises(ValueError, match=r"not a compressed HdrHistogram|expected an HdrHistogram in form V2"):
        histogram_of(text)
