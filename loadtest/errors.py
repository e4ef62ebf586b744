"""What can go wrong in a load test, and whose fault it is."""


class SourceError(ValueError):
    """A source of traffic is not what it is said to be: says where in it, what stands there, what would be right."""
