"""What a report may be rendered as, by name: for whoever offers the choice without rendering anything."""

from typing import Literal, get_args

Format = Literal["text", "json", "markdown", "html"]
FORMAT_NAMES: tuple[Format, ...] = get_args(Format)
