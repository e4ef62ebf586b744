"""What can go wrong here, and whose fault it is."""


class Unreadable(ValueError):
    """An answer's body is not what its plan says. A fact about an endpoint, never a fault of ours."""


class Unmergeable(ValueError):
    """Two summaries of different schema or settings: adding them up would mean nothing."""


class MisspeltAddress(ValueError):
    """A text that is no address of a metric: whoever wrote it has to write another."""


class UnknownMetric(MisspeltAddress):
    """No report ever has such a metric."""


class AmbiguousAddress(MisspeltAddress):
    """Several metrics of a report fit: whoever wrote it has to say more."""


class MeetingAddresses(ValueError):
    """Two metrics of a report have one address, since what tells them apart is hidden: neither can be asked for."""


class AbsentMetric(LookupError):
    """A metric that a report may have, and this one has not: traffic may bring it."""


class UnknownEpoch(LookupError):
    """A candidate has no such epoch on its route: whoever asked has to ask for another."""
