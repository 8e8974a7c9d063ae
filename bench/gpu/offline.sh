#!/bin/sh
# The GPU benchmark on a machine without a network: installs the carried wheels beside the repository and measures.
# sh bench/gpu/offline.sh [options of bench.gpu.gpu_report]; prints the tables, writes build/bench/gpu.json.
set -eu
cd "$(dirname "$0")/../.."
carried=${CARRIED:-$PWD/build/gpu-carried}
python=${PYTHON:-python3}
site=$PWD/build/bench/gpu/site
if ls "$carried"/*.whl >/dev/null 2>&1; then
    mkdir -p "$site"
    "$python" -m pip install --quiet --no-index --no-deps --no-compile --no-cache-dir --upgrade --target "$site" \
        "$carried"/*.whl
    PYTHONPATH=$site${PYTHONPATH:+:$PYTHONPATH}
fi
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
exec "$python" -m bench.gpu.gpu_report --carried "$carried" "$@"
