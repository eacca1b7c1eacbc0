"""SQL that is rendered once and executed by every run, with this run's dates and id put in.

dbt renders each model and test anew in each run, which takes longer than executing them. Here it renders them once per
state of the project, with marks for what differs between runs (``sql/macros/rebuilt.sql``). SQL that asks the
warehouse while it is rendered, or reads another variable of the run, has no such text, and dbt renders it in each run.
"""

import contextlib
import copy
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from dbt.contracts.graph.manifest import Manifest
from dbt_common.context import InvocationContext, get_invocation_context, reliably_get_invocation_var
from dbt_common.exceptions import DbtBaseException

from user_activity.files import aside
from user_activity.orchestration.date_ranges import Range
from user_activity.orchestration.dbt.called_macros import called

NAME = "prepared.json"
RUN_ID, THIS_RUN = "USER_ACTIVITY_RUN_ID", "⟦run⟧"
ANY_RUN = {"USER_ACTIVITY_FOR_ANY_RUN": "true", RUN_ID: THIS_RUN}
MADE_ANEW = "USER_ACTIVITY_MADE_ANEW"
OF_A_RUN = {"USER_ACTIVITY_DATES", "USER_ACTIVITY_OTHER_RUN_IDS", "USER_ACTIVITY_ANYTHING_STALE", MADE_ANEW}
NOT_FOR_ANY_RUN = (DbtBaseException, LookupError, TypeError, ValueError, AttributeError)
INTERNAL = ("dbt", "dbt_duckdb", "dbt_postgres")

_DAYS = re.compile(r"⟦(\d+)\|(\d+)\|([^⟦⟧]*)⟧")
# What a text must not depend on, and what dbt would give it without asking the warehouse.
_UNSTEADY = re.compile(
    r"\b(run_started_at|invocation_id|modules\.(datetime\.\w+\.(now|utcnow|today)|random)|adapter\.get_relation|"
    r"load_relation|load_cached_relation)\b"
)
_ASKS = {"asked_once"}  # it uses such a name, but never in a text for all runs


class Prepared:
    """The texts for all runs, kept in a file in a folder that this process can write.

    A text is valid while the environment variables that it was rendered with have the same values.
    """

    def __init__(self, folder: Path, parsed: bytes, macros: Mapping[str, str]) -> None:
        self._path = folder / NAME
        self._project = hashlib.sha256(parsed).hexdigest()
        self._unsteady = {name for name, text in macros.items() if name not in _ASKS and _UNSTEADY.search(text)}
        self._macros = macros
        self._texts = self._read()
        self._is_changed = False

    def text(self, name: str, source: str, render: Callable[[], str]) -> str | None:
        """Return the text of this name; None if each run must render it.

        ``source`` is the SQL before rendering. ``render`` is called if there is no valid text.
        """
        known = self._texts.get(name)
        environment = get_invocation_context().env
        if known is None or any(environment.get(variable) != value for variable, value in known[1].items()):
            known = self._texts[name] = self._rendered(source, render)
            self._is_changed = True
        return known[0]

    def mentions(self, name: str, source: str) -> bool:
        """Return whether the SQL before rendering, or a macro that it calls, has this name."""
        return any(name in text for text in (source, *called(source, self._macros).values()))

    def save(self) -> None:
        """Write new texts to the file."""
        if self._is_changed:
            with aside(self._path.parent) as written:
                written.write_text(json.dumps({"project": self._project, "texts": self._texts}), encoding="utf-8")
                os.replace(written, self._path)

    def _rendered(self, source: str, render: Callable[[], str]) -> tuple[str | None, dict[str, str | None]]:
        if self._is_unsteady(source):
            return None, {}
        with _for_any_run() as variables:
            try:
                return render(), variables
            except NOT_FOR_ANY_RUN:  # whatever else is wrong with the SQL is told when the run renders it
                return None, variables

    def _is_unsteady(self, source: str) -> bool:
        return bool(_UNSTEADY.search(source)) or not self._unsteady.isdisjoint(called(source, self._macros))

    def _read(self) -> dict[str, tuple[str | None, dict[str, str | None]]]:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            texts = {name: (text, dict(variables)) for name, (text, variables) in kept["texts"].items()}
            return texts if kept["project"] == self._project else {}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):  # missing, or damaged: rendered again
            return {}


def project_macros(manifest: Manifest) -> dict[str, str]:
    """Return the SQL, by the name that is called, of all macros that are not dbt's own, of all engines together."""
    found: dict[str, str] = {}
    for macro in manifest.macros.values():
        if macro.package_name not in INTERNAL:
            name = macro.name.split("__")[-1]
            found[name] = found.get(name, "") + macro.macro_sql
    return found


def filled_in(text: str, run_id: str, days: Callable[[], list[Range]]) -> str:
    """Return a text for all runs as the SQL of one run; ``days`` returns the ranges of dates that it rebuilds."""
    return _DAYS.sub(lambda mark: _in_ranges(mark[3], days(), int(mark[1]), int(mark[2])), text).replace(
        THIS_RUN, run_id
    )


def _in_ranges(column: str, days: list[Range], before: int, after: int) -> str:
    """Return the condition that the macro `in_ranges` writes."""
    tests = [
        f"{column} between cast('{first - timedelta(days=before)}' as date) "
        f"and cast('{last + timedelta(days=after)}' as date)"
        for first, last in days
    ]
    return f"({' or '.join(tests) or '1 = 0'})"


class _Variables(Mapping[str, str]):
    """The environment variables without those of a run; remembers which were read."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.read: dict[str, str | None] = {}

    def __contains__(self, name: object) -> bool:
        if name in OF_A_RUN:
            raise LookupError(f"{name} differs between runs")
        if name in ANY_RUN:
            return True
        self.read[str(name)] = self._environment.get(str(name))
        return name in self._environment

    def __getitem__(self, name: str) -> str:
        return ANY_RUN.get(name) or self._environment[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)


class _AnyRun(InvocationContext):
    """The context of dbt's invocation, with other environment variables."""

    def __init__(self, outer: InvocationContext) -> None:
        vars(self).update(vars(copy.copy(outer)))
        self.variables = _Variables(outer.env)

    @property
    def env(self) -> Mapping[str, str]:
        return self.variables


@contextlib.contextmanager
def _for_any_run() -> Iterator[dict[str, str | None]]:
    """Let this thread's rendering be one for all runs; yields the variables that it reads."""
    variable = reliably_get_invocation_var()
    context = _AnyRun(get_invocation_context())
    token = variable.set(context)
    try:
        yield context.variables.read
    finally:
        variable.reset(token)
