"""What is known of a flight at take-off: the names that data, models and requests have in common.

BYTES columns are names, FP64 columns numbers; any of the numbers may be missing.
"""

CATEGORIES = ("carrier", "origin", "dest")
NUMBERS = (
    "dep_delay",
    "weekday",
    "hour",
    "minute",
    "distance",
    "temp",
    "dewp",
    "humid",
    "wind_dir",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
    "built",
    "seats",
)
FEATURES = CATEGORIES + NUMBERS
