"""`simpang evidence`: packages of evidence, their keys and their log of custody."""

import sys
from pathlib import Path

import click

from pipelines.atomic_file import write_atomically
from pipelines.config.config_file import read_config
from pipelines.evidence.one_file import one_file
from pipelines.evidence.sealing import EvidenceStore
from pipelines.evidence.verifier.strict_json import canonical
from pipelines.evidence.verifier.verify_command import report
from pipelines.evidence.verifier.verify_command import verify as verified

PATH = click.Path(path_type=Path)
"""Path of a file or folder."""
CONFIG = click.argument("config", type=PATH)
"""Path of the configuration file, whose data_dir contains the evidence."""
OUT = click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
"""Path of the file to write."""
ACTOR = click.option("--actor", required=True, help="Name for the log of custody.")
"""Name that the log records."""
REASON = click.option("--reason", required=True, help="Reason for the log of custody.")
"""Reason that the log records."""


@click.group()
def evidence() -> None:
    """Verify packages of evidence; prove and change their custody."""


@evidence.command()
@click.argument("package", type=PATH, required=False)
@click.option(
    "--key", "keys", type=PATH, multiple=True, metavar="FILE", help="Trusted public keys: keyring.json or PEM."
)
@click.option("--id", "expected_id", help="Id that the package must have; by default the one in its file name.")
@click.option("--proof", type=PATH, metavar="FILE", help="Proof of custody.")
@click.option("--checkpoint", type=PATH, metavar="FILE", help="Checkpoint of the log that a witness kept.")
def verify(
    package: Path | None, keys: tuple[Path, ...], expected_id: str | None, proof: Path | None, checkpoint: Path | None
) -> None:
    """Verify PACKAGE, a ZIP file or a folder, in Indonesian and English.

    Exit status: 0 intact, 1 invalid, 2 undecided, such as without a trusted key.
    """
    verdict = verified(package, keys, expected_id=expected_id, proof=proof, checkpoint=checkpoint)
    click.echo(report(verdict))
    sys.exit(verdict.exit_status)


@evidence.command()
@OUT
def verifier(out: Path) -> None:
    """Write the verifier as one Python file that needs only Python and `cryptography`."""
    write_atomically(out, one_file(out.name))
    click.echo(out)


@evidence.command()
@CONFIG
@OUT
def checkpoint(config: Path, out: Path) -> None:
    """Write the signed size and root of the log of custody to OUT, for a witness such as the police."""
    store = _store(config)
    write_atomically(out, canonical(store.log.checkpoint(store.keyring)))
    click.echo(out)


@evidence.command()
@CONFIG
@click.argument("package_id")
@OUT
@click.option("--since", type=click.IntRange(min=1), metavar="SIZE", help="`size` in the checkpoint of the witness.")
def prove(config: Path, package_id: str, out: Path, since: int | None) -> None:
    """Write a proof of custody of a package to OUT, also of a destroyed one."""
    store = _store(config)
    write_atomically(out, canonical(store.log.prove(package_id, store.keyring, since=since)))
    click.echo(out)


@evidence.command("list")
@CONFIG
def list_packages(config: Path) -> None:
    """List the packages that are stored."""
    for package_id, state in _store(config).packages().items():
        click.echo(f"{package_id}  {state.created_at}{'  legal hold' if state.is_held else ''}")


@evidence.command()
@CONFIG
@click.argument("package_id")
@ACTOR
@REASON
def hold(config: Path, package_id: str, actor: str, reason: str) -> None:
    """Keep a package beyond its retention, until it is released."""
    _store(config).act("held", package_id, actor=actor, reason=reason)


@evidence.command()
@CONFIG
@click.argument("package_id")
@ACTOR
@REASON
def release(config: Path, package_id: str, actor: str, reason: str) -> None:
    """End the legal hold of a package."""
    _store(config).act("released", package_id, actor=actor, reason=reason)


@evidence.command()
@CONFIG
@click.argument("package_id")
@ACTOR
@REASON
def destroy(config: Path, package_id: str, actor: str, reason: str) -> None:
    """Remove a package; its entries in the log remain and prove it."""
    _store(config).destroy(package_id, actor=actor, reason=reason)


@evidence.command("rotate-key")
@CONFIG
def rotate_key(config: Path) -> None:
    """Replace the signing key. The public keys of earlier ones remain in keyring.json."""
    store = _store(config)
    click.echo(f"{store.rotate_key()}\n{store.keyring.public_file}")


def _store(config: Path) -> EvidenceStore:
    return EvidenceStore(read_config(config).data_dir / "evidence")
