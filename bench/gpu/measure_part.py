"""Process of one part of the GPU benchmark, so that its crash or its memory touches no other part.

    python -m bench.gpu.measure_part PART OPTIONS.json ROWS.jsonl

Exit status 0 also where the part is not possible here; 1 where it failed.
"""

import sys
from importlib import import_module
from pathlib import Path

from bench.gpu.gpu_options import GpuOptions
from bench.gpu.part_result import NotPossibleHere, RowFile
from models.errors import UnusableWeights
from pipelines.errors import UserError
from pipelines.logging import configure_logging
from pipelines.worker.child_process import end_with_parent

PARTS = ("detections_equal", "throughput", "tensorrt_engines", "decoding", "streams")
"""Modules of this package with a function `measure`, in the order of their runs. An engine that is built is then used
by the live cameras, as in a city."""


def run(part: str, options: GpuOptions, rows: RowFile) -> int:
    """Write the rows of a part as they are measured; return the exit status."""
    try:
        for row in import_module(f"bench.gpu.{part}").measure(options):
            rows.add(row)
    except NotPossibleHere as reason:
        rows.end(absent=str(reason))
        return 0
    except (UnusableWeights, UserError, RuntimeError) as error:
        rows.end(failed=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
        return 1
    rows.end()
    return 0


if __name__ == "__main__":
    configure_logging()
    end_with_parent()
    chosen = GpuOptions.model_validate_json(Path(sys.argv[2]).read_text(encoding="utf-8"))
    sys.exit(run(sys.argv[1], chosen, RowFile(Path(sys.argv[3]))))
