"""A report as a person or a program reads it. A renderer computes nothing: every number it prints is the report's.

    words.py     numbers, intervals and times as text
    text.py      a terminal of any width
    markdown.py  a pull request, a job summary
    html.py      one self-contained page
    charts.py    its drawings
    formats.py   the table of formats

What came with the traffic (paths, bodies, versions) is hostile: it is escaped for where it stands.
"""
