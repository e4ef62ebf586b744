"""A small model server: Open Inference Protocol V2 over HTTP, on aiohttp. A template for one of your own.

    python -m examples.flights.model_server --model production --port 9001

To serve another model, write a class with the five members of `Model` and hand it to `application`. Requests and
answers are JSON; tensors have the shape [rows], `data` is flat. **A missing value is `null`** in `data`: V2 says
nothing of missing values, and JSON has no NaN. The binary tensor extension is refused by name.

models.py holds the models; this file knows nothing of flights but the line in `main` that loads one.
"""

import argparse
import asyncio
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import NoneType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import orjson
from aiohttp import web

log = logging.getLogger("model_server")

MAX_REQUEST_BYTES = 4_194_304
# What an element of `data` may be, by datatype. A datatype that isn't here is not spoken.
ELEMENTS: Mapping[str, tuple[type, ...]] = {"FP64": (int, float, NoneType), "BYTES": (str, NoneType)}

Columns = Mapping[str, Sequence[Any]]
Document = dict[str, Any]


class Model(Protocol):
    """Columns in, columns out. `inputs` and `outputs` are datatypes by name; `predict` may block."""

    name: str
    version: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]

    def predict(self, columns: Columns) -> Mapping[str, npt.NDArray[Any]]: ...


class RefusedError(Exception):
    """The request can't be answered, and the client can tell why from the text."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


def application(model: Model) -> web.Application:
    served = _ModelEndpoints(model)
    app = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=[_errors])
    app.router.add_get("/v2", served.server_metadata)
    app.router.add_get("/v2/health/live", served.live)
    app.router.add_get("/v2/health/ready", served.ready)
    for path in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
        app.router.add_get(path, served.model_metadata)
        app.router.add_get(f"{path}/ready", served.model_ready)
        app.router.add_post(f"{path}/infer", served.infer)
    app.on_cleanup.append(served.close)
    return app


class _ModelEndpoints:
    """The protocol's endpoints for one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        # Predictions leave the event loop, so that health is answered meanwhile; one at a time, as on one core.
        self._predictor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predict")

    async def close(self, _: web.Application) -> None:
        self._predictor.shutdown()

    async def server_metadata(self, _: web.Request) -> web.Response:
        return _json({"name": "flights", "version": self._model.version, "extensions": []})

    async def live(self, _: web.Request) -> web.Response:
        return _json({"live": True})

    async def ready(self, _: web.Request) -> web.Response:
        return _json({"ready": True})

    async def model_ready(self, request: web.Request) -> web.Response:
        self._check_address(request)
        return _json({"name": self._model.name, "ready": True})

    async def model_metadata(self, request: web.Request) -> web.Response:
        self._check_address(request)
        model = self._model
        return _json(
            {
                "name": model.name,
                "versions": [model.version],
                "platform": "understudy_example",
                "inputs": [{"name": n, "datatype": t, "shape": [-1]} for n, t in model.inputs.items()],
                "outputs": [{"name": n, "datatype": t, "shape": [-1]} for n, t in model.outputs.items()],
            }
        )

    async def infer(self, request: web.Request) -> web.Response:
        self._check_address(request)
        asked = _document(request.headers, await request.read())
        columns = _columns(asked, self._model.inputs)
        wanted = _wanted(asked, self._model.outputs)
        loop = asyncio.get_running_loop()
        outputs = await loop.run_in_executor(self._predictor, self._model.predict, columns)
        answer: Document = {"model_name": self._model.name, "model_version": self._model.version}
        if "id" in asked:
            answer["id"] = asked["id"]
        answer["outputs"] = [_tensor(name, self._model.outputs[name], outputs[name]) for name in wanted]
        return _json(answer)

    def _check_address(self, request: web.Request) -> None:
        name, version = request.match_info["name"], request.match_info.get("version", self._model.version)
        if (name, version) != (self._model.name, self._model.version):
            raise RefusedError(
                f"no model {name!r} {version!r} here, only {self._model.name!r} {self._model.version!r}", status=404
            )


def _document(headers: Mapping[str, str], body: bytes) -> Document:
    if "Inference-Header-Content-Length" in headers:
        raise RefusedError("binary tensor data is not spoken here: send the tensors' data as JSON")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RefusedError(f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RefusedError("the body is not a JSON object")
    return document


def _columns(asked: Document, expected: Mapping[str, str]) -> Columns:
    """The request's tensors by name, each checked; all of them, and of one length."""
    tensors = _by_name(asked, "inputs")
    if tensors.keys() != expected.keys():
        missing, unknown = sorted(expected.keys() - tensors.keys()), sorted(tensors.keys() - expected.keys())
        raise RefusedError(f"inputs don't fit the model: missing {missing}, unknown {unknown}")
    columns = {name: _elements(tensor, expected[name]) for name, tensor in tensors.items()}
    if len({len(column) for column in columns.values()}) != 1:
        raise RefusedError("inputs differ in their number of rows")
    return columns


def _elements(tensor: Document, datatype: str) -> Sequence[Any]:
    name, elements = tensor["name"], tensor.get("data")
    if tensor.get("datatype") != datatype:
        raise RefusedError(f"input {name!r}: datatype {tensor.get('datatype')!r}, where {datatype!r} is expected")
    if not isinstance(elements, list) or not elements:
        raise RefusedError(f"input {name!r}: data is not a list of at least one element")
    if tensor.get("shape") != [len(elements)]:
        raise RefusedError(f"input {name!r}: shape {tensor.get('shape')!r}, where data has [{len(elements)}]")
    for element in elements:
        # bool is an int to isinstance; not to a client who mixed up two columns.
        if isinstance(element, bool) or not isinstance(element, ELEMENTS[datatype]):
            raise RefusedError(f"input {name!r}: {element!r} is no {datatype}")
    return elements


def _wanted(asked: Document, offered: Mapping[str, str]) -> Sequence[str]:
    if "outputs" not in asked:
        return list(offered)
    wanted = list(_by_name(asked, "outputs"))
    if unknown := [name for name in wanted if name not in offered]:
        raise RefusedError(f"unknown outputs {unknown}: there are {sorted(offered)}")
    return wanted


def _by_name(asked: Document, key: str) -> dict[str, Document]:
    tensors = asked.get(key)
    if not isinstance(tensors, list):
        raise RefusedError(f"{key} is not a list of tensors")
    if not all(isinstance(tensor, dict) and isinstance(tensor.get("name"), str) for tensor in tensors):
        raise RefusedError(f"a tensor in {key} has no name")
    return {tensor["name"]: tensor for tensor in tensors}


def _tensor(name: str, datatype: str, column: npt.NDArray[Any]) -> Document:
    return {"name": name, "datatype": datatype, "shape": list(column.shape), "data": np.ascontiguousarray(column)}


def _json(document: Document, status: int = 200) -> web.Response:
    body = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    return web.Response(body=body, status=status, content_type="application/json")


@web.middleware
async def _errors(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Any:
    """Every error is V2's `{"error": ...}`, aiohttp's own included; a bug is logged and tells the client nothing."""
    try:
        return await handler(request)
    except RefusedError as error:
        return _json({"error": str(error)}, error.status)
    except web.HTTPException as error:
        return _json({"error": error.reason}, error.status)
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return _json({"error": "internal error"}, 500)


def main() -> int:
    # One row at a time: a second OpenMP thread costs more than it saves. Read when scikit-learn is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from examples.flights import models

    parser = argparse.ArgumentParser(prog="python -m examples.flights.model_server")
    parser.add_argument("--model", choices=sorted(models.MODELS), required=True)
    parser.add_argument("--models", type=Path, default=models.DEFAULT_DIRECTORY, help="trained there if it isn't there")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9001, help="0: a free one (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        listener = socket.create_server((arguments.host, arguments.port))
    except OSError as error:
        print(f"can't listen on {arguments.host}:{arguments.port}: {error}", file=sys.stderr)
        return 2
    if not models.is_trained(arguments.models):
        from examples.flights.train import train

        print(train(arguments.models), file=sys.stderr)
    model = models.MODELS[arguments.model](arguments.models)
    host, port = listener.getsockname()[:2]
    print(f"{arguments.model} is at http://{host}:{port}/v2/models/{model.name}", flush=True)
    web.run_app(application(model), sock=listener, print=None, access_log=None)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
