"""Units: equal users are one, and nobody reads from a unit who it is."""

from records.privacy.units import hash_of, is_of, unit_of

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def test_equal_values_are_one_unit_and_others_are_not():
    """With one key, wherever it is hashed."""
    assert unit_of("x-user", b"jane", KEY) == unit_of("x-user", b"jane", KEY)
    assert unit_of("x-user", b"jane", KEY) != unit_of("x-user", b"joe", KEY)


def test_a_unit_holds_no_value_and_is_another_one_under_another_key():
    """Who has the records and no key cannot try names out."""
    unit = unit_of("x-user", b"jane", KEY)
    assert "jane" not in unit
    assert unit != unit_of("x-user", b"jane", OTHER_KEY)


def test_a_unit_says_where_it_was_read():
    """One of another header is none of this one; the hash alone is of one length."""
    unit = unit_of("x-user", b"jane", KEY)
    assert is_of(unit, "x-user")
    assert not is_of(unit, "x-use")
    assert not is_of("", "x-user")
    assert len(hash_of(unit)) == 16
    assert hash_of("0123456789abcdef") == "0123456789abcdef"
