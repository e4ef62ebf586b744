"""Which headers that settings rest on are withheld from candidates."""

from records.privacy.withheld_headers import in_words, withheld_headers
from records.settings import KeptSettings


def test_a_header_that_is_not_kept_is_withheld() -> None:
    """Built-in ones are kept, in any case; an empty setting names none; what is named twice is told once."""
    kept = KeptSettings(headers=("X-Region",))
    assert withheld_headers(kept, ["X-User", "x-region", "Accept-Language", "", "x-user"]) == ("X-User",)
    assert withheld_headers(KeptSettings(headers=("x-user",)), ["X-User"]) == ()


def test_each_has_its_way_out() -> None:
    """A credential can't be kept by any setting."""
    assert in_words([]) == ""
    said = in_words(["X-User", "Authorization"])
    assert said.startswith("X-User (name it in [kept] headers, if answers depend on it), Authorization (never kept; ")
