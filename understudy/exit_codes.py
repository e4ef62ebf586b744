"""The exit codes of every command, as `--help` tells them. Those of a judgement are in comparators/policy/exits.py."""

OK, FAILED, USAGE, INCONCLUSIVE, BROKEN, INTERRUPTED = 0, 1, 2, 3, 4, 130
