"""Type of options that are a number within limits."""

import math
from typing import Any

import click


class NumberRange(click.FloatRange):
    """A number within limits, as `click.FloatRange`, which accepts NaN because no comparison with it is true."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number
