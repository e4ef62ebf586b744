"""The mirror's tests run on the loop that its process has."""

from tests.loops import on_uvloop

pytest_asyncio_loop_factories = on_uvloop
