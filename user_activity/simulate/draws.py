"""Random draws and small helpers that all parts of the simulation share."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Objects: TypeAlias = npt.NDArray[np.object_]
Table: TypeAlias = dict[str, npt.NDArray[Any]]

DAY = 86_400_000  # all times in the simulation are integers: milliseconds since 1970, UTC


def codes(rng: np.random.Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """Draw indices into ``weights`` with probabilities proportional to the weights."""
    steps = np.cumsum(weights)
    index: Ints = np.searchsorted(steps, rng.random(size) * steps[-1], side="right")
    return index


def pick(values: Sequence[Any], index: Ints) -> Objects:
    """The values at ``index``, as Python objects."""
    choices = np.empty(len(values), dtype=object)
    choices[:] = values
    return choices[index]


def only(where: Bools, values: npt.NDArray[Any]) -> Objects:
    """The values as Python objects where the condition is true, and None elsewhere."""
    column = values.astype(object)
    column[~where] = None
    return column


def ids(rng: np.random.Generator, prefix: str, size: int) -> Objects:
    """Random unique identifiers like ``evt_5f1c0e7a9b3d2c41``."""
    digits = rng.bytes(8 * size).hex()
    column = np.empty(size, dtype=object)
    column[:] = [f"{prefix}_{digits[i : i + 16]}" for i in range(0, 16 * size, 16)]
    return column


def money(cents: Ints) -> Floats:
    """Convert cents to an amount with at most two decimals."""
    return cents / 100


def moment(milliseconds: Ints) -> npt.NDArray[np.datetime64]:
    """Convert milliseconds since 1970 to a column of times."""
    return milliseconds.astype("datetime64[ms]")
