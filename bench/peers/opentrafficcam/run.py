"""OpenTrafficCam as a peer: preparing its environment, and running it on given detections."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = ROOT / "build" / "opentrafficcam"
REQUIREMENTS = ROOT / "bench" / "peers" / "opentrafficcam" / "requirements.txt"
OTVISION = "OTVision==0.5.5"
UV = Path(sys.executable).with_name("uv")


def prepare() -> Path | None:
    """Its interpreter, or None (with the reason on standard error) where it cannot be installed here."""
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
    """camera: JSON with image_size and gates. work: an empty folder."""
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
