"""OpenTrafficCam as a peer: installation of its environment, and crossings from given detections."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.inputs import ROOT

ENVIRONMENT = ROOT / "build" / "opentrafficcam"
"""Virtual environment of the peer."""
REQUIREMENTS = ROOT / "bench" / "peers" / "opentrafficcam" / "requirements.txt"
"""Packages of that environment."""
OTVISION = "OTVision==0.5.5"
"""Installed without dependencies, since it pins versions that OTAnalytics does not accept."""
UV = Path(sys.executable).with_name("uv")
"""The installer of this environment."""


def prepare() -> Path | None:
    """Return the peer's interpreter, or None (with the reason on standard error) where it cannot be installed."""
    python, installed = ENVIRONMENT / "bin" / "python", ENVIRONMENT / "installed.txt"
    wanted = f"{OTVISION}\n{REQUIREMENTS.read_text()}"
    if installed.exists() and installed.read_text() == wanted:
        return python
    print("preparing OpenTrafficCam's environment (once, some minutes)", file=sys.stderr)
    install: list[Path | str] = [UV, "pip", "install", "--quiet", "--python", python]
    try:
        subprocess.run(
            [UV, "venv", "--quiet", "--clear", "--python", sys.executable, ENVIRONMENT], check=True, cwd=ROOT
        )
        subprocess.run([*install, "-r", REQUIREMENTS], check=True, cwd=ROOT)
        subprocess.run([*install, "--no-deps", OTVISION], check=True, cwd=ROOT)
    except subprocess.CalledProcessError as error:
        print(f"OpenTrafficCam cannot be installed here and is left out: {error}", file=sys.stderr)
        return None
    installed.write_text(wanted)
    return python


def crossings(python: Path, detections: Path, camera: dict[str, Any], work: Path) -> list[dict[str, Any]]:
    """Return the crossings. camera: JSON with image_size and gates. work: an empty folder. Raises RuntimeError."""
    (work / "camera.json").write_text(json.dumps(camera))
    command = [
        python,
        ROOT / "bench" / "peers" / "opentrafficcam" / "in_peer_environment.py",
        detections,
        work / "camera.json",
        work,
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=work)
    if done.returncode:
        raise RuntimeError(f"OpenTrafficCam failed on {detections}: {done.stderr.strip().splitlines()[-1]}")
    found: list[dict[str, Any]] = json.loads(done.stdout)["crossings"]
    return found
