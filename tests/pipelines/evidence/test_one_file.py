"""The verifier in one file is the code of the modules, and runs without Simpang."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.evidence import verifier
from pipelines.evidence.one_file import MODULES, one_file
from pipelines.evidence.sealing import EvidenceStore
from pipelines.evidence.verifier.verify_command import main
from tests.support.evidence import sealed


def test_every_module_is_in_the_file() -> None:
    assert {path.stem for path in Path(verifier.__file__).parent.glob("*.py")} == {*MODULES, "__init__"}


def test_the_file_needs_the_standard_library_and_cryptography_alone() -> None:
    roots = set()
    for node in ast.walk(ast.parse(one_file())):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add(str(node.module).partition(".")[0])
    assert roots - sys.stdlib_module_names == {"cryptography"}


@pytest.mark.slow  # a Python of its own
def test_the_file_reports_what_the_command_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = EvidenceStore(tmp_path / "store")
    package, script = sealed(store, "p0"), tmp_path / "simpang_verify.py"
    script.write_text(one_file())
    damaged = tmp_path / "p0.evidence.zip"
    damaged.write_bytes(package.read_bytes()[:-100] + bytes(100))
    for arguments in ([str(package)], [str(package), "--key", str(store.keyring.public_file)], [str(damaged)]):
        alone = subprocess.run(  # isolated: neither the folder of this repository nor its packages are found
            [sys.executable, "-I", str(script), *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert (alone.returncode, alone.stdout) == (main(arguments), capsys.readouterr().out)
        assert alone.stderr == ""
