"""The loop that the product runs on."""

from tests.loops import on_uvloop

pytest_asyncio_loop_factories = on_uvloop
