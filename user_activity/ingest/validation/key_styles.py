"""Keys of JSON records that are a column's name written another way (``User ID`` for ``user_id``), renamed in SQL.

Each record is renamed by its own keys alone, so that it is read in the same way in any file and at any place.
"""

from collections.abc import Iterable, Mapping, Sequence

from user_activity.ingest.readers.files import MOST_FIELDS
from user_activity.ingest.validation.conversions import root
from user_activity.ingest.validation.field_mapping import REPAIRED, Pick
from user_activity.setting_types import folded
from user_activity.sources.contracts.values import quoted, sql_folded


class KeyStyles:
    """The names of a source's columns, and which of them a key means that is written another way."""

    def __init__(self, chosen: Mapping[str, Pick]) -> None:
        self._exact: dict[str, None] = {}
        self._means: dict[str, str] = {}
        self._unless: dict[str, dict[str, None]] = {}
        """By folded name, the keys beside which another one that is written so belongs to no column."""
        for column, pick in chosen.items():
            for name in (part for path in pick.read for part in (path, root(path))):
                self._exact[name] = None
                if column != REPAIRED:
                    self._means.setdefault(folded(name), name)
        for pick in chosen.values():
            for name in pick.names:
                self._unless.setdefault(folded(name), {}).update(dict.fromkeys(pick.names))
        for name in self._exact:
            self._unless.setdefault(folded(name), {})[name] = None

    def renamed(self, relation: str, usual: Sequence[Sequence[str]] = ()) -> str:
        """The relation of ``_text`` and ``_keys`` with ``_json``, the record with our names for its keys.

        Its ``_keys`` are those of ``_json``, and ``_is_usual`` says whether they are one of the ``usual`` lists, which
        have no key to rename.
        """
        known = ", ".join(_listed(keys) for keys in usual)
        is_usual = f"coalesce(list_contains([{known}], _keys), false)" if usual else "false"
        is_one_now = f"list_contains([{known}], _names)" if usual else "false"
        folds = f"list_transform(_keys, lambda key: {sql_folded('key')})"
        relation = f"(select *, {is_usual} as _was_usual from {relation})"
        relation = f"(select *, case when not _was_usual and len(_keys) <= {MOST_FIELDS} then {folds} end as _folds "\
            f"from {relation})"  # fmt: skip
        relation = f"(select *, case when {self._has_other_style()} then {self._names()} end as _names from {relation})"
        pairs = "list_zip(_names, json_extract(_text, '$.*'))"
        members = f"list_transform({pairs}, lambda pair: to_json(pair[1])::varchar || ':' || pair[2]::varchar)"
        text = f"case when _names is null then _text else '{{' || array_to_string({members}, ',') || '}}' end"
        now = f"case when _names is null then _was_usual else {is_one_now} end"
        kept = f"* exclude (_keys, _folds, _names, _was_usual), {now} as _is_usual"
        return f"(select {kept}, coalesce(_names, _keys) as _keys, {text} as _json from {relation})"

    def _has_other_style(self) -> str:
        exact, means = _listed(self._exact), _listed(self._means)
        is_other = f"list_contains({means}, pair[2]) and not list_contains({exact}, pair[1])"
        return f"_folds is not null and len(list_filter(list_zip(_keys, _folds), lambda pair: {is_other})) > 0"

    def _names(self) -> str:
        means = ", ".join(f"{quoted(fold)}: {quoted(name)}" for fold, name in self._means.items())
        unless = ", ".join(f"{quoted(fold)}: {_listed(self._unless[fold])}" for fold in self._means)
        meant = f"map {{{means}}}[_folds[place]]"
        is_first = "list_position(_folds, _folds[place]) = place"
        is_free = f"not list_has_any(_keys, map {{{unless}}}[_folds[place]])"
        return (
            f"list_transform(range(1, len(_keys) + 1), lambda place: case when {meant} is not null and {is_first} "
            f"and {is_free} then {meant} else _keys[place] end)"
        )


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(map(quoted, names))}]"
