"""Small seeded draws that every part of the simulation shares."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Objects: TypeAlias = npt.NDArray[np.object_]
Table: TypeAlias = dict[str, npt.NDArray[Any]]

DAY = 86_400_000  # every time inside the simulation is an integer of milliseconds since 1970, in UTC


def codes(rng: np.random.Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """Indices into ``weights``, each as often as its weight says."""
    steps = np.cumsum(weights)
    index: Ints = np.searchsorted(steps, rng.random(size) * steps[-1], side="right")
    return index


def pick(values: Sequence[Any], index: Ints) -> Objects:
    """The values at ``index``, as Python objects."""
    choices = np.empty(len(values), dtype=object)
    choices[:] = values
    return choices[index]


def only(where: Bools, values: npt.NDArray[Any]) -> Objects:
    """The values as Python objects where the condition holds, and nothing elsewhere."""
    column = values.astype(object)
    column[~where] = None
    return column


def ids(rng: np.random.Generator, prefix: str, size: int) -> Objects:
    """Opaque, unique identifiers like ``evt_5f1c0e7a9b3d2c41``."""
    digits = rng.bytes(8 * size).hex()
    column = np.empty(size, dtype=object)
    column[:] = [f"{prefix}_{digits[i : i + 16]}" for i in range(0, 16 * size, 16)]
    return column


def money(cents: Ints) -> Floats:
    """Whole cents as an amount that prints with at most two decimals."""
    return cents / 100


def moment(milliseconds: Ints) -> npt.NDArray[np.datetime64]:
    """Milliseconds since 1970 as a column of times."""
    return milliseconds.astype("datetime64[ms]")
