"""Properties in SQL: clean texts, JSON objects of them, and the names that others stand for."""

import json
import re
from collections.abc import Mapping, Sequence

from user_activity.sources.contracts.values import quoted, sql_folded

BLANKS = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029,
                           0x202F, 0x205F, 0x3000]))  # fmt: skip
"""What Python's ``str.strip`` removes: SQL and pydantic must strip alike."""

ORIGINAL = "_original"
"""The property with the names that a record had, by column, where another one is stored."""


def clean(text: str, missing: Sequence[str] = ()) -> str:
    """The text without surrounding white space; NULL if nothing remains, or one of the texts for a missing value."""
    plain = "regexp_matches({}, '^[!-~]((?s:.*)[!-~])?$')"  # for most texts, checking both ends is enough
    trimmed = f"trim({text}, {quoted(BLANKS)})"
    if not missing:
        return (
            f"case when {plain.format(text)} then {text} when trim({text}) = '' then null "
            f"when {plain.format(f'trim({text})')} then trim({text}) else nullif({trimmed}, '') end"
        )
    longest, listed = max(map(len, missing)), quoted("(?i)" + "|".join(map(re.escape, missing)))
    return (
        f"case when {plain.format(text)} then "
        f"case when strlen({text}) <= {longest} and regexp_full_match({text}, {listed}) then null else {text} end "
        f"when trim({text}) = '' or regexp_full_match({trimmed}, {listed}) then null else nullif({trimmed}, '') end"
    )


def member(key: str, text: str) -> str:
    """``"key":value`` of a JSON object: nested values as JSON, all others as text; NULL without a value."""
    nested = f"{text}[1] in ('{{', '[') and json_valid({text})"
    return f"{key} || ':' || case when {nested} then json({text})::varchar else to_json({text})::varchar end"


def json_object(members: Mapping[str, str]) -> str:
    """A JSON object with these keys and texts; NULL if all texts are NULL."""
    keys = {key: quoted(json.dumps(key, ensure_ascii=False)) for key in members}
    listed = ", ".join(member(keys[key], text) for key, text in sorted(members.items()))
    return f"nullif('{{' || concat_ws(',', {listed}) || '}}', '{{}}')" if listed else "null::varchar"


def object_of(pairs: str, taken: str) -> str:
    """The same from an SQL list of (key, text) in order, without the ``taken`` keys.

    Cost is linear in the list's length.
    """
    left = f"list_filter({pairs}, lambda pair: not list_contains({taken}, pair[1]))"
    given = f"list_transform({left}, lambda pair: {member('to_json(pair[1])::varchar', clean('pair[2]'))})"
    present = f"list_filter({given}, lambda given: given is not null)"
    return f"nullif('{{' || array_to_string({present}, ',') || '}}', '{{}}')"


def meaning_of(text: str, meant: Sequence[tuple[str, str]]) -> str:
    """SQL for the name that a text stands for; for any other text the text."""
    if not meant:
        return text
    names = ", ".join(f"{quoted(name)}: {quoted(ours)}" for name, ours in meant)
    return f"coalesce(map {{{names}}}[{sql_folded(text)}], {text})"


def with_originals(relation: str, columns: Sequence[str]) -> str:
    """The relation with its ``_originals``, an object that may be NULL, as one more member of ``_properties``."""
    original = f"{quoted(json.dumps(ORIGINAL))} || ':' || _originals"
    whole = (
        f"case when _originals is null then _properties when _properties is null then '{{' || {original} || '}}' "
        f"else left(_properties, length(_properties) - 1) || ',' || {original} || '}}' end"
    )
    return f"(select {', '.join(columns)}, {whole} as _properties from {relation})"
