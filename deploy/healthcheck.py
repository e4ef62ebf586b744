"""The image's health check: does every role of the `serve` in this container answer /healthz?

Docker runs it every few seconds, with Python since the image has no curl. `serve` leaves word in its data directory
where it listens, so one check fits every role, port and command line. Standard library only: it starts at once.
"""

import http.client
import json
import os
import sys
from pathlib import Path

TIMEOUT_S = 2.0  # an answer takes a millisecond; Docker gives all four roles together 10 s
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def main() -> int:
    file = Path(os.environ["UNDERSTUDY_DATA_DIR"], "addresses.json")
    try:
        addresses = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        return ended(f"serve has not said in {file} where it listens: {error}")
    # `listen` is left out: who answers there is production.
    asked = {name: address for name, address in addresses.items() if name != "listen"}
    unhealthy = {name: why for name, address in asked.items() if (why := unhealth(address))}
    return ended("; ".join(f"{name} at {asked[name]}: {why}" for name, why in unhealthy.items()))


def unhealth(address: str) -> str | None:
    """Why the role at host:port is not healthy; None where it is."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    connection = http.client.HTTPConnection(ANY.get(host, host), int(port), timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__} {error}".strip()
    finally:
        connection.close()
    return None if status == http.client.OK else f"answered {status}"


def ended(problem: str) -> int:
    sys.stdout.write(f"{problem or 'healthy'}\n")  # `docker inspect` shows it
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
