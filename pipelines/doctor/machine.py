"""Processor, memory, graphics and decoders in hardware."""

import os
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from models.detection.cpu import available_cores
from models.detection.loader import has_ultralytics, nvidia_gpu_present
from pipelines.config.settings import Config
from pipelines.doctor.check import Finding, State
from pipelines.ingest.hw_decode import KINDS, self_test

INT8_FEATURES = ("amx_int8", "avx512_vnni", "avx_vnni", "asimddp", "i8mm")
OTHER_FEATURES = ("avx512f", "avx512_bf16", "amx_bf16", "avx2", "asimd")
GB = 1e9


def examine_machine(config: Config) -> Iterator[Finding]:
    yield _processor()
    yield _memory()
    yield _graphics()
    yield from _hardware_decoders(config.stream.hardware_decoder)
    yield _inference_devices()


def _processor() -> Finding:
    fields = _cpuinfo()
    flags = set((fields.get("flags") or fields.get("Features") or "").split())
    features = [name for name in (*INT8_FEATURES, *OTHER_FEATURES) if name in flags]
    usable = usable_cores()
    fast = any(name in flags for name in INT8_FEATURES)
    model = fields.get("model name", "unknown model")
    return Finding(
        area="machine",
        subject="processor",
        says=f"{model}, {usable:g} cores, {', '.join(features) or 'no known features'}",
        state=State.OK if fast or not flags else State.ADVICE,
        advice="" if fast or not flags else "no INT8 instructions: expect half the looks of a newer processor",
        facts={"model": model, "cores": usable, "features": features},
    )


def usable_cores() -> float:
    """Those this process may run on, less what a container's CPU limit takes away."""
    usable = float(available_cores())
    with suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        usable = min(usable, round(int(quota) / int(period), 2))
    return usable


def _cpuinfo() -> dict[str, str]:
    """Of the first processor."""
    with suppress(OSError):
        first = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
        pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
        return {name.strip(): value.strip() for name, value in pairs}
    return {}


def _memory() -> Finding:
    total_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GB
    return Finding(area="machine", subject="memory", says=f"{total_gb:.1f} GB", facts={"total_gb": round(total_gb, 2)})


def _graphics() -> Finding:
    if not nvidia_gpu_present():
        return Finding(
            area="machine", subject="GPU", says="no NVIDIA GPU; detection runs on the CPU", facts={"gpus": []}
        )
    names = [_gpu_name(path) for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))]
    usable = has_ultralytics()
    return Finding(
        area="machine",
        subject="GPU",
        says=", ".join(names) or "NVIDIA",
        state=State.OK if usable else State.ADVICE,
        advice="" if usable else "detection cannot use it yet; run `pip install 'simpang[yolo]'`",
        facts={"gpus": names, "torch": usable},
    )


def _gpu_name(information: Path) -> str:
    with suppress(OSError):
        for line in information.read_text().splitlines():
            if line.startswith("Model:"):
                return line.removeprefix("Model:").strip()
    return "NVIDIA"


def _hardware_decoders(chosen: str | None) -> Iterator[Finding]:
    trouble = {kind: self_test(kind) for kind in KINDS}
    works = [kind for kind, why in trouble.items() if not why]
    facts = {"works": works, "trouble": {kind: why for kind, why in trouble.items() if why}, "chosen": chosen}
    says = ", ".join(f"{KINDS[kind]} decodes" for kind in works) or "none; the CPU decodes"
    state, advice = State.OK, ""
    if chosen is not None and chosen not in works:
        state, says = State.PROBLEM, f"{chosen} does not decode: {trouble[chosen]}; the CPU decodes instead"
        advice = "install its driver, or leave stream.hardware_decoder out"
    elif chosen is None and works:
        state, advice = State.ADVICE, f"set stream.hardware_decoder: {works[0]} to take decoding off the CPU"
    yield Finding(area="machine", subject="hardware decoders", says=says, state=state, advice=advice, facts=facts)


def _inference_devices() -> Finding:
    from models.detection.openvino import devices  # noqa: PLC0415 - the runtime takes a while to load

    names, release = devices(), version("openvino")
    return Finding(
        area="machine",
        subject="OpenVINO",
        says=f"{release}, {', '.join(f'{k} ({v})' for k, v in names.items())}",
        facts={"version": release, "devices": names},
    )
