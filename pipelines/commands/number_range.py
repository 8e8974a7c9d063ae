"""Type of options that are a number within limits."""

import math
import re
from typing import Any

import click


class NumberRange(click.FloatRange):
    """A number within limits, as `click.FloatRange`, which accepts NaN because no comparison with it is true."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        comma = re.fullmatch(r"([+-]?\d+),(\d+)", str(value).strip())
        if comma:
            self.fail(f"{value}: write decimals with a point, {comma[1]}.{comma[2]}.", param, ctx)
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number
