"""Checks of the machine: processor, memory, GPU, hardware decoders, OpenVINO."""

import os
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from models.detection.cpu import usable_cores
from models.detection.loader import has_ultralytics, nvidia_gpu_present
from pipelines.config.settings import Config
from pipelines.doctor.check import CheckResult, CheckState
from pipelines.ingest.hw_decode import KINDS, self_test

INT8_FEATURES = ("amx_int8", "avx512_vnni", "avx_vnni", "asimddp", "i8mm")
"""Names in /proc/cpuinfo of instructions that speed up INT8 inference [source: Linux, OpenVINO]."""

OTHER_FEATURES = ("avx512f", "avx512_bf16", "amx_bf16", "avx2", "asimd")
"""Names in /proc/cpuinfo of other vector instructions that OpenVINO uses [source: Linux, OpenVINO]."""

BYTES_PER_GB = 1e9
"""Bytes of one reported gigabyte."""


def check_machine(config: Config) -> Iterator[CheckResult]:
    """Check the hardware and the inference runtime."""
    yield _processor()
    yield _memory()
    yield _graphics()
    yield from _hardware_decoders(config.stream.hardware_decoder)
    yield _inference_devices()


def _processor() -> CheckResult:
    fields = _cpuinfo()
    flags = set((fields.get("flags") or fields.get("Features") or "").split())
    features = [name for name in (*INT8_FEATURES, *OTHER_FEATURES) if name in flags]
    usable = usable_cores()
    fast = any(name in flags for name in INT8_FEATURES)
    model = fields.get("model name", "unknown model")
    return CheckResult(
        area="machine",
        subject="processor",
        message=f"{model}, {usable:g} cores, {', '.join(features) or 'no known features'}",
        state=CheckState.OK if fast or not flags else CheckState.ADVICE,
        advice="" if fast or not flags else "no INT8 instructions: expect half the rate of a newer processor",
        facts={"model": model, "cores": usable, "features": features},
    )


def _cpuinfo() -> dict[str, str]:
    """Return the fields of the first processor in /proc/cpuinfo."""
    with suppress(OSError):
        first = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
        pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
        return {name.strip(): value.strip() for name, value in pairs}
    return {}


def _memory() -> CheckResult:
    total_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / BYTES_PER_GB
    return CheckResult(
        area="machine", subject="memory", message=f"{total_gb:.1f} GB", facts={"total_gb": round(total_gb, 2)}
    )


def _graphics() -> CheckResult:
    if not nvidia_gpu_present():
        return CheckResult(
            area="machine", subject="GPU", message="no NVIDIA GPU; detection runs on the CPU", facts={"gpus": []}
        )
    names = [_gpu_name(path) for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))]
    usable = has_ultralytics()
    return CheckResult(
        area="machine",
        subject="GPU",
        message=", ".join(names) or "NVIDIA",
        state=CheckState.OK if usable else CheckState.ADVICE,
        advice="" if usable else "detection cannot use it yet; run `pip install 'simpang[yolo]'`",
        facts={"gpus": names, "torch": usable},
    )


def _gpu_name(information: Path) -> str:
    with suppress(OSError):
        for line in information.read_text().splitlines():
            if line.startswith("Model:"):
                return line.removeprefix("Model:").strip()
    return "NVIDIA"


def _hardware_decoders(chosen: str | None) -> Iterator[CheckResult]:
    trouble = {kind: self_test(kind) for kind in KINDS}
    works = [kind for kind, why in trouble.items() if not why]
    facts = {"works": works, "trouble": {kind: why for kind, why in trouble.items() if why}, "chosen": chosen}
    message = ", ".join(f"{KINDS[kind]} decodes" for kind in works) or "none; the CPU decodes"
    state, advice = CheckState.OK, ""
    if chosen is not None and chosen not in works:
        state, message = CheckState.PROBLEM, f"{chosen} does not decode: {trouble[chosen]}; the CPU decodes instead"
        advice = "install its driver, or leave stream.hardware_decoder out"
    elif chosen is None and works:
        state, advice = CheckState.ADVICE, f"set stream.hardware_decoder: {works[0]} to take decoding off the CPU"
    yield CheckResult(
        area="machine", subject="hardware decoders", message=message, state=state, advice=advice, facts=facts
    )


def _inference_devices() -> CheckResult:
    from models.detection.openvino import devices  # noqa: PLC0415 - the runtime takes a while to load

    names, release = devices(), version("openvino")
    return CheckResult(
        area="machine",
        subject="OpenVINO",
        message=f"{release}, {', '.join(f'{k} ({v})' for k, v in names.items())}",
        facts={"version": release, "devices": names},
    )
