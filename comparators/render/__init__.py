"""A document as a person or a program reads it. A renderer draws blocks (metrics/document.py): it computes nothing and
knows no metric by name, so what one format shows, all show.

    words.py          numbers, intervals and times as text
    text.py           a terminal of any width
    grid.py           rows of cells within a width
    right_to_left.py  what keeps numbers beside Hebrew and Arabic letters in their place
    characters.py     drawings out of characters, for text and Markdown
    markdown.py       a pull request, a job summary
    html.py           one self-contained page
    charts.py         the page's drawings
    style.py          the page's style sheet
    markup.py         HTML elements that escape their text
    formats.py        the table of formats: a report → its document, drawn
    names.py          their names, without the renderers

What came with the traffic (paths, bodies, versions) is hostile: each renderer escapes it for where it stands.
"""
