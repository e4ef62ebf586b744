"""What a run came to, and its forms for other tools.

rows.py        one request of a run, and all of them as columns
"""
