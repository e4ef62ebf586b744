"""From windows to figures, judgements and pages."""

from pathlib import Path

import pytest

from benchmarks import figures
from benchmarks.open_loop import Load
from benchmarks.saturate import Saturation
from benchmarks.tables import BEGIN, END, Table, into_page
from benchmarks.windows import Window, calmest


def loaded(*, achieved: float = 100.0, p99_us: float = 1000.0, taken: float = 0.0) -> Window[Load]:
    load = Load(
        planned=100,
        answered=100,
        failed=0,
        unanswered=0,
        achieved=achieved,
        p50_us=p99_us / 2,
        p99_us=p99_us,
        lag_p99_us=10.0,
        busy=0.1,
    )
    return Window(
        result=load,
        seconds=1.0,
        proxy_cpu_s=0.5,
        others_cpu_s={},
        load_core_idle=0.5,
        idle=0.5,
        taken=taken,
        recorded=None,
    )


def test_ratios_are_taken_within_a_round() -> None:
    """A round in which the machine was slower for both sides changes no ratio."""
    baseline = [loaded(p99_us=1000), loaded(p99_us=9000), loaded(p99_us=1000)]
    troubled = [loaded(p99_us=1100), loaded(p99_us=9900), loaded(p99_us=1100)]

    assert figures.fault(troubled, baseline).p99_ratio == pytest.approx(1.1)
    assert figures.shared(troubled, baseline).p99_ratio == pytest.approx(1.1)
    assert figures.shared(troubled, baseline).p50_ratio == pytest.approx(1.1)


def test_throughput_per_core_counts_the_proxys_time_alone() -> None:
    """Half a second of CPU for 10,000 requests is 50 µs each, 20,000 a core and second, whatever the clock said."""
    saturated = Saturation(requests=10_000, seconds=2.0, errors=0)
    window = Window(
        result=saturated,
        seconds=2.0,
        proxy_cpu_s=0.5,
        others_cpu_s={"Redis": 0.1},
        load_core_idle=0.0,
        idle=0.0,
        taken=0.0,
        recorded=9_000,
    )

    found = figures.throughput([window])

    assert (found.per_s, found.cpu_us, found.per_core_s) == (5_000, pytest.approx(50), pytest.approx(20_000))
    assert found.others_cpu_us == {"Redis": pytest.approx(10)}
    assert found.recorded == pytest.approx(0.9)
    assert not found.proxy_is_the_limit


def test_a_window_that_others_took_much_of_is_measured_again() -> None:
    """Of a disturbed and a calm window the calm one counts, though its latency is worse."""
    windows = iter([loaded(p99_us=100, taken=0.2), loaded(p99_us=900, taken=0.01)])

    assert calmest(lambda: next(windows), 3).result.p99_us == 900


def test_the_page_keeps_its_words_and_gets_new_figures(tmp_path: Path) -> None:
    """Only what stands between the marks is replaced."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")

    into_page(page, Table(title="New", header=("", "n"), rows=[("a", "1")]).markdown())

    assert page.read_text() == f"before\n{BEGIN}\n\n### New\n\n|  | n |\n|---|---:|\n| a | 1 |\n\n{END}\nafter\n"


def test_a_page_without_a_place_for_figures_is_refused(tmp_path: Path) -> None:
    """The error names the page and what is missing, and the page stays as it was."""
    page = tmp_path / "page.md"
    page.write_text("words")

    with pytest.raises(ValueError, match=r"page\.md has no place for figures"):
        into_page(page, "new")

    assert page.read_text() == "words"
