"""Errors of the command that are nobody's wrong setting: those are loading.py's SettingsError."""


class EmbeddedRedisError(Exception):
    """The server did not come up; says what its log says."""


class HostsError(Exception):
    """A replay on several hosts that cannot begin, or of which this host's part came to nothing."""
