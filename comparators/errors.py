"""What can go wrong here, and whose fault it is."""


class Unreadable(ValueError):
    """An answer's body is not what its plan says. A fact about an endpoint, never a fault of ours."""


class Unmergeable(ValueError):
    """Two summaries of different schema or settings: adding them up would mean nothing."""
