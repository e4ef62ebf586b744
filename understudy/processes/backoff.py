"""How long to wait before starting again what ended: longer each time, from the beginning after a good while. Pure."""

FIRST_S = 0.1
LONGEST_S = 10.0
GOOD_WHILE_S = 30.0


class Backoff:
    def __init__(self) -> None:
        self._next_s = FIRST_S

    def after(self, lived_s: float) -> float:
        """The pause, in seconds, after something that lived for `lived_s`."""
        if lived_s >= GOOD_WHILE_S:
            self._next_s = FIRST_S
        pause_s = self._next_s
        self._next_s = min(2 * pause_s, LONGEST_S)
        return pause_s
