"""Where traffic comes from. Each source reads requests one after another, in a bound of memory, and counts what it
leaves out.

    source.py          what every source gives
    opening.py         a file as a source: what it is, by its first bytes
    recording.py       recordings of ours

    columns.py       tables as a source: JSON Lines, CSV, Parquet, and the captures of clouds
    captures.py      two SageMaker captures of a shadow test, joined to pairs
    formats.py       what a table's rows mean: a map, and what a cloud's capture demands besides
    deployments.py   whose captures are read: one deployment's
    mapping.py       which column holds what, as `--map` writes it
    table_reader.py  one file by its format: what each row came to
    translation.py   a row as a request, with production's answer
    bodies.py        a cell as the bytes of a body, and their content type
    instants.py      a cell as a point in time
    cells.py         a row's cells, by name or dotted path
    tables.py        the rows of a file
    order.py         several files as one, in the order of time
    one_to_one.py    what of one side belongs to what of the other, with nothing guessed

    gor.py             captures of GoReplay: requests, each with production's answer
    gor_records.py     where a record of one begins and ends
    gor_writer.py      captures for GoReplay
    har.py             HAR files of browsers and mitmproxy
    har_entry.py       the shape of an entry of one
    har_document.py    exchanges as a HAR
    vegeta_targets.py  targets of vegeta, in both of its formats
    messages.py        a request as such a file tells it, checked
    wire.py            HTTP/1.x messages as they pass on a wire, read and made
    blocks.py          a file's bytes by blocks, of a gzip what is in it
"""
