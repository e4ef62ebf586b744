#!/bin/sh
# Resolves the dependencies of pyproject.toml into one file for each use: exact versions with hashes, for every Python
# and platform at once. In requirements form, and without an index's address: pip installs them from wherever it is
# told to. `make lock` calls it with the uv to use.
set -eu
uv=${1:-uv}
cd "$(dirname "$0")/.."

lock() {
    name=$1
    shift
    "$uv" pip compile pyproject.toml --group build "$@" --output-file "requirements/$name.txt" --universal \
        --python-version 3.11 --generate-hashes --upgrade --quiet --no-header --no-emit-index-url --no-emit-find-links
}

lock test --extra demo --group test
# What is tested is what is shipped: the others take their versions from the tested set.
lock runtime --constraints requirements/test.txt
lock demo --extra demo --constraints requirements/test.txt
lock bench --extra demo --group bench --constraints requirements/test.txt
