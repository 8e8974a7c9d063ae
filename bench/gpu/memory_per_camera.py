"""Memory of one further camera, from the runs with one camera and with many."""

from collections.abc import Iterator, Sequence

from bench.gpu.part_result import NotPossibleHere, Row


def memory_rows(runs: Sequence[Row]) -> Iterator[Row]:
    """Yield, for each decoder, memory at the most cameras minus that at one, over the cameras between.

    runs: rows of `bench.gpu.streams`. Raises NotPossibleHere without two numbers of cameras.
    """
    measured = [run for run in runs if run.get("host MB") is not None]
    one = min(measured, key=lambda run: int(run["cameras"]), default=None)
    if one is None or all(run["cameras"] == one["cameras"] for run in measured):
        raise NotPossibleHere("no live run with more than one camera")
    for decoder in dict.fromkeys(run["decoder"] for run in measured):
        of_decoder = [run for run in measured if run["decoder"] == decoder and run["cameras"] > one["cameras"]]
        if not of_decoder:
            continue
        most = max(of_decoder, key=lambda run: int(run["cameras"]))
        cameras = most["cameras"] - one["cameras"]
        yield {
            "decoder": decoder,
            "cameras": f"{one['cameras']} to {most['cameras']}",
            "host MB a camera": _each(one["host MB"], most["host MB"], cameras),
            "device MB a camera": _each(one.get("device MB"), most.get("device MB"), cameras),
        }


def _each(one_mb: float | None, most_mb: float | None, cameras: int) -> float | None:
    return None if one_mb is None or most_mb is None else round((most_mb - one_mb) / cameras, 1)
