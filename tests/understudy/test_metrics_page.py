"""docs/statistics.md: its tables are the registry's, and name each metric."""

import pytest

from comparators.evidence.registry import REGISTRY
from tests.places import ROOT
from understudy.metrics_page import TABLES, page

PAGE = (ROOT / "docs/statistics.md").read_text("utf-8")
METHODS = {each.method for each in REGISTRY.values()}


def test_the_tables_are_what_the_registry_says() -> None:
    """`make pages` writes them anew."""
    assert page(PAGE) == PAGE, "run `make pages`"


@pytest.mark.parametrize("name", REGISTRY)
def test_each_metric_stands_in_a_table(name: str) -> None:
    """Whoever reads a name in a report, an alert or a policy finds what it means."""
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("method", sorted(METHODS))
def test_each_method_has_its_section(method: str) -> None:
    """With formula and source."""
    assert f"### `{method}`" in PAGE


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    """A new kind of output is not forgotten."""
    with pytest.raises(ValueError, match=f"no place for metrics of {', '.join(sorted(TABLES))}"):
        page("# Statistics\n")
