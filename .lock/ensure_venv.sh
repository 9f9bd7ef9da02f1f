#!/bin/sh
# Debian ships Python without the venv module's parts: install them where that can be done, else say how.
set -eu
python="${1:-python3}"
"$python" -c 'import ensurepip, venv' 2>/dev/null && exit 0
version=$("$python" -c 'import sys; print(f"{sys.version_info[0]}.{sys.version_info[1]}")')
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends "python$version-venv" >/dev/null
else
    echo "$python cannot make virtual environments; as root: apt-get install python$version-venv" >&2
    exit 1
fi
