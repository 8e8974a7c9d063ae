"""The command `simpang`: loads its subcommands, and prints every expected error as one line."""

import errno
import os
import sys
from importlib.metadata import version

import click

from pipelines.addresses.mask import remember_addresses, without_credentials
from pipelines.commands.entry_point_group import EntryPointGroup
from pipelines.errors import UserError
from pipelines.logging import configure_logging, mask_standard_error


@click.command(
    cls=EntryPointGroup, entry_point_group="simpang.commands", context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(version("simpang"), prog_name="simpang")
@click.option("--log-json/--log-text", default=None, help="Log format; by default text on a terminal, JSON elsewhere.")
@click.option("--verbose", "-v", is_flag=True, help="Log more.")
def app(log_json: bool | None, verbose: bool) -> None:
    """Traffic analytics for a city's own CCTV."""
    configure_logging(json=log_json, verbose=verbose)


def main(arguments: list[str] | None = None) -> None:
    """Run the command. Exit status: 0 success, 2 bad input, with one line of advice, 130 stopped by Ctrl-C."""
    mask_standard_error()
    remember_addresses(sys.argv[1:] if arguments is None else arguments)
    remember_addresses(value for name, value in os.environ.items() if name.lower().endswith("_proxy"))
    try:
        app.main(arguments, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _fail(f"{error.format_message()} See simpang --help.")
    except UserError as error:
        _fail(str(error))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            _fail("no space is left on the disk; free some and repeat the command")
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}; give another path, or correct that one")
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


def _fail(message: str) -> None:
    click.echo(without_credentials(f"simpang: {' '.join(message.split())}"), err=True)
    sys.exit(2)
