#!/bin/sh
# Install the servers that the tests need: PostgreSQL 15 with HypoPG and pg_partman, Chromium for the pages of reports
# (with a font, which it does not bring along), and the packages that are named
# (benchmarks name their peers). Without apt-get or the right to use it, say what is missing and go on: outside CI the
# tests that need it are skipped and listed.
set -eu
packages=""
for package in postgresql-15 postgresql-15-hypopg postgresql-15-partman chromium fonts-dejavu-core "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || packages="$packages $package"
done
[ -z "$packages" ] && exit 0
if ! command -v apt-get >/dev/null; then
    echo "missing for the tests, install by hand:$packages" >&2
    exit 0
fi
as_root=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
        echo "missing for the tests: run as root: apt-get install$packages" >&2
        exit 0
    fi
    as_root="sudo -n"
fi
# No cluster of its own: the tests make theirs, and a server on port 5432 is nobody's wish.
$as_root mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] ||
    echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
$as_root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends $packages >/dev/null
