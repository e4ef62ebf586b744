"""Pairs in, report out. The statistics know no I/O."""
