#!/usr/bin/env bash
# Creates .venv and installs the project into it. Does nothing when nothing changed.
# Usage: scripts/setup.sh [EXTRA ...]     (extras of pyproject.toml; "dev" is always there)
set -euo pipefail
cd "$(dirname "$0")/.."

extras="dev"
for extra in "$@"; do extras="$extras,$extra"; done
python="${PYTHON:-python3}"
venv=".venv"
stamp="$venv/.installed"
wanted="$(cat pyproject.toml constraints.txt scripts/setup.sh | sha256sum | cut -d' ' -f1)"

# An installation holds what was asked for before, so that `make test` after `make airflow` keeps the extra.
if [[ -f $stamp ]]; then
  read -r have_hash have_extras <"$stamp" || true
  missing=""
  for extra in ${extras//,/ }; do [[ ",$have_extras," == *",$extra,"* ]] || missing="$missing $extra"; done
  if [[ $have_hash == "$wanted" && -z $missing ]]; then exit 0; fi
  for extra in ${have_extras//,/ }; do [[ ",$extras," == *",$extra,"* ]] || extras="$extras,$extra"; done
fi

command -v "$python" >/dev/null || { echo "setup: $python not found; install Python 3.11 or newer (Debian: python3 python3-venv)" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "setup: $("$python" --version) is too old; Python 3.11 or newer is needed (set PYTHON=/path/to/python3.11)" >&2; exit 1; }
[[ -x $venv/bin/python ]] || "$python" -m venv "$venv" ||
  { echo "setup: could not create $venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
"$venv/bin/python" -m uv --version >/dev/null 2>&1 || "$venv/bin/pip" install --quiet 'uv>=0.9,<1'

# uv reads neither pip.conf nor pip's variables: hand a folder of wheels on to it.
export UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}"
[[ -n $UV_FIND_LINKS ]] || unset UV_FIND_LINKS
install() { "$venv/bin/python" -m uv pip install --quiet --python "$venv/bin/python" -c constraints.txt "$@"; }

# torch first: without an NVIDIA GPU the CPU build (200 MB) serves; PyPI's own is the CUDA build (4.5 GB).
torch="$(grep -o '"torch[^"]*"' pyproject.toml | tr -d '"')"
if ! "$venv/bin/python" -c 'import importlib.metadata as m; m.version("torch")' 2>/dev/null; then
  if ! command -v nvidia-smi >/dev/null && timeout 120 "$venv/bin/python" -m uv pip install --quiet --python "$venv/bin/python" -c constraints.txt --torch-backend cpu "$torch" 2>/dev/null; then
    echo "setup: torch (CPU build)"
  else
    echo "setup: torch from the package index"
    install "$torch"
  fi
fi
install -e ".[$extras]"
echo "$wanted $extras" >"$stamp"
echo "setup: done in $venv ($extras)"
