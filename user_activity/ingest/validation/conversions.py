"""SQL for what a field map says besides names: paths into JSON, replaced values, time formats and zones, arithmetic."""

import ast
import re
from collections.abc import Callable, Sequence

from user_activity.origins import field_of, parsed_expression
from user_activity.sources.contracts.values import quoted

_LOOKUP = re.compile(r"\[([^\]=]+)=([^\]]*)\]")
_NUMBER, _RESULT = "decimal(18,6)", "decimal(24,6)"
_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_GROUPS = " \u00a0\u202f'"
"""What may stand between thousands besides the mark that is not the decimal one."""
_CLOCK = re.compile(r"%-?[HIMSfpTXc]")
_HAS_OFFSET = "'.*(Z|z|[+-][0-9]{2}(:?[0-9]{2})?| ?(UTC|GMT))'"
_LOCAL = "'[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*'"
ISO = "'%Y-%m-%dT%H:%M:%S.%fZ'"


def root(path: str) -> str:
    """The top-level field of a path."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def is_path(name: str) -> bool:
    """Whether a field name may also be a path into a nested value."""
    return 0 < len(root(name)) < len(name)


def pointer(path: str) -> str:
    """A dotted path as a JSON pointer."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path.split(".") if part)


def inside(text: str, path: str) -> str:
    """SQL for the text at a path below a JSON text: ``.name``, or ``[key=name]`` for a list's first such member."""
    steps: list[str | tuple[str, str]] = []
    end = 0
    for lookup in _LOOKUP.finditer(path):
        steps += [path[end : lookup.start()], (lookup[1], lookup[2])]
        end = lookup.end()
    for step in steps:
        if isinstance(step, tuple):
            key, value = quoted(pointer(step[0])), quoted(step[1])
            members = f"json_extract({text}, '$[*]')"
            text = f"list_filter({members}, lambda member: json_extract_string(member, {key}) = {value})[1]"
        elif step:
            text = f"json_extract({text}, {quoted(pointer(step))})"
    return f"json_extract_string({text}, {quoted(pointer(path[end:]))})"


def replaced(text: str, values: Sequence[tuple[str, str | None]], other: str) -> str:
    """SQL for the text with whole values replaced; ``other`` is what becomes of the rest."""
    if not values:
        return other
    cases = " ".join(f"when {quoted(old)} then {'null' if new is None else quoted(new)}" for old, new in values)
    return f"case {text} {cases} else {other} end"


def with_point(text: str, mark: str, is_written: str) -> str:
    """SQL for a number with this decimal mark as one with a point; any other text stays as it is.

    The other mark, a blank or an apostrophe may group the thousands. Without the comma, a text such as 1.234 is only
    such a number where ``is_written`` says that the record was written by the rules of the file, and is no JSON number.
    """
    plain = f"replace(translate({text}, {quoted(_groups(mark))}, ''), '{mark}', '.')"
    is_number = f"({is_written} or contains({text}, ',')) and regexp_full_match({text}, {quoted(number_pattern(mark))})"
    return f"case when {is_number} then {plain} else {text} end"


def pointed(text: str, mark: str) -> str:
    """The same in Python, for a record written by the rules of the file."""
    if not re.fullmatch(number_pattern(mark), text):
        return text
    return text.translate(dict.fromkeys(map(ord, _groups(mark)))).replace(mark, ".")


def number_pattern(mark: str) -> str:
    """A regular expression for numbers with this decimal mark, in Python and in SQL."""
    return rf"[+-]?([0-9]{{1,3}}([{_groups(mark)}][0-9]{{3}})+|[0-9]*)([{mark}][0-9]+)?"


def _groups(mark: str) -> str:
    return f"{'.' if mark == ',' else ','}{_GROUPS}"


def as_time(text: str, form: str | None, zone: str | None) -> str:
    """SQL for a time of a given format or zone as ISO 8601; any other text stays as it is, to be reported."""
    if form is None and zone is None:
        return text
    if form is None:
        local = f"regexp_full_match({text}, {_LOCAL}) and not regexp_full_match({text}, {_HAS_OFFSET})"
        utc = _in_zone(f"try_cast({text} as timestamp)", zone)
        return f"case when {local} then coalesce({utc}, {text}) else {text} end"
    found = f"try_strptime({text}, {quoted(form)})"
    if not _CLOCK.search(form):
        return f"coalesce(strftime({found}, '%Y-%m-%d'), {text})"
    if "%z" in form:
        return f"coalesce(strftime({found} at time zone 'UTC', {ISO}), {text})"
    return f"coalesce({_in_zone(found, zone)}, {text})"


def _in_zone(moment: str, zone: str | None) -> str:
    utc = f"{moment} at time zone {quoted(zone)} at time zone 'UTC'" if zone else moment
    return f"strftime({utc}, {ISO})"


def calculated(expression: str, field: Callable[[str], str]) -> str:
    """SQL for the text of an arithmetic expression, with up to six decimals; ``field`` gives the SQL text of a field.

    Without any of its fields it is NULL; with some, or with one that is no number, it is a text that no number equals.
    """
    tree = parsed_expression(expression)
    names = list(dict.fromkeys(name for node in ast.walk(tree) if (name := field_of(node))))
    names = [name for name in names if not any(other != name and other.startswith(f"{name}.") for other in names)]
    result = f"regexp_replace(({_arithmetic(tree, field)})::varchar, '\\.?0+$', '')"
    texts = [field(name) for name in names]
    missing = " and ".join(f"{text} is null" for text in texts)
    given = " || ', ' || ".join(f"coalesce({text}, 'nothing')" for text in texts)
    unknown = f"{quoted(expression + ' of ')} || {given}" if texts else "null"
    return f"case when {missing or 'false'} then null else coalesce({result}, {unknown}) end"


def _arithmetic(node: ast.AST, field: Callable[[str], str]) -> str:
    if name := field_of(node):
        return f"try_cast({field(name)} as {_NUMBER})"
    if isinstance(node, ast.UnaryOp):
        return f"(-{_arithmetic(node.operand, field)})"
    if isinstance(node, ast.BinOp):
        left, right = _arithmetic(node.left, field), _arithmetic(node.right, field)
        if isinstance(node.op, ast.Div):
            return f"try_cast({left}::double / nullif({right}::double, 0) as {_RESULT})"
        return f"try(({left} {_OPERATORS[type(node.op)]} {right})::{_RESULT})"
    return f"{ast.unparse(node)}::{_NUMBER}"
