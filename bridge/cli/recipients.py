"""`mailroom recipients`: the addresses that the rules take mail for, so that the mail server in front knows them."""

import sys

import click

from bridge.cli.common import settings_of


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["plain", "postfix"]),
    default="plain",
    show_default=True,
    help="plain: one address a line; postfix: a lookup table (see deploy/postfix.md).",
)
@click.pass_context
def recipients(context: click.Context, form: str) -> None:
    """Print every address that the rules know; "@domain" stands for a whole domain.

    Subaddresses (support+x@) are taken too and not listed. When the rules have problems nothing is printed, so that a
    table made from it is never half empty, and the exit status is 1.
    """
    settings = settings_of(context)
    from bridge.app.rulebooks import compile_for

    compiled = compile_for(settings)
    if compiled.rulebook is None:
        for problem in compiled.problems:
            click.echo(str(problem), err=True)
        sys.exit(1)
    for address in compiled.rulebook.recipients():
        click.echo(f"{address} OK" if form == "postfix" else address)
