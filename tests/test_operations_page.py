"""docs/operations.md against what runs: whoever reads a scrape finds each name on the page."""

import re
from pathlib import Path

from comparators.stored.exposition import left_out_family
from comparators.stored.exposition import worker_families as compare_families
from proxy.live.metrics import families as proxy_families
from proxy.mirror.metrics import families as mirror_families
from tests.places import ROOT
from understudy.admin.evaluation import gate_family
from understudy.admin.findings import _coverage_families, _lasting_family
from understudy.settings.model import OPS_DEFAULTS, Settings

PAGE = (ROOT / "docs/operations.md").read_text("utf-8")


def test_each_metric_of_a_role_stands_on_the_page(tmp_path: Path) -> None:
    """Nobody has to guess what a family of `/metrics` counts."""
    found = [*proxy_families(tmp_path), *mirror_families({}, {}), *compare_families({}, {})]
    found += [*_coverage_families([]), _lasting_family([]), left_out_family([]), gate_family({})]
    named = set(re.findall(r"`(understudy_\w+)`", PAGE))
    assert {family.name for family in found} - named == set()


def test_each_address_stands_on_the_page() -> None:
    """The default addresses are those that the settings have."""
    settings = Settings()
    addresses = {"listen": settings.listen, "admin": settings.admin}
    addresses |= {f"ops.{role}": address for role, address in OPS_DEFAULTS.items()}
    for name, address in addresses.items():
        assert f"| `{name}` | {address} |" in PAGE
