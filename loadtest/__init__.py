"""Recorded traffic, sent again on a schedule and scored. Its place; the code comes with its own issue."""
