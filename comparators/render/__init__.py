"""A report as a person or a program reads it. A renderer computes nothing: every number it prints is the report's.

    words.py     numbers, intervals and times as text
    text.py      a terminal of any width
    markdown.py  a pull request, a job summary
    html.py      one self-contained page
    charts.py    the page's drawings
    style.py     the page's style sheet
    markup.py    HTML elements that escape their text
    text_outputs.py, html_outputs.py  the outputs of one kind of request
    formats.py   the table of formats
    names.py     their names, without the renderers

What came with the traffic (paths, bodies, versions) is hostile: each renderer escapes it for where it stands.
"""
