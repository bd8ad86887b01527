"""Go's way of writing flags, which users of kubectl have in their fingers and scripts."""

from collections.abc import Iterator

import click

_TRUE = {"1", "t", "T", "true", "TRUE", "True"}
_FALSE = {"0", "f", "F", "false", "FALSE", "False"}


def go_style(command: click.Command, ctx: click.Context, args: list[str]) -> Iterator[str]:
    """Rewrite ``--watch=false``, ``-w=true`` and ``-n=shop``, which Go programs take and click does not."""
    options = {name: item for item in command.get_params(ctx) if isinstance(item, click.Option) for name in item.opts}
    for index, word in enumerate(args):
        if word == "--":
            yield from args[index:]
            return
        name, equals, value = word.partition("=")
        option = options.get(name)
        if option is None or not equals:
            yield word
        elif option.is_flag:
            yield from _boolean(option, ctx, name, value)
        elif len(name) == 2:
            yield from (name, value)
        else:
            yield word


def _boolean(option: click.Option, ctx: click.Context, name: str, value: str) -> list[str]:
    if value in _TRUE:
        return [name]
    if value in _FALSE:
        return option.secondary_opts[:1]
    raise click.BadParameter(f"{value!r} is neither true nor false", ctx=ctx, param=option, param_hint=f"'{name}'")
