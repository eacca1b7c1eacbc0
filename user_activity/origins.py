"""The origin of a column in a producer's records, as a field map states it: fields, a constant, and how to convert."""

import ast
from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from user_activity.setting_types import Zone

_FORMS = 'a field name, a path, a list of these (the first with a value counts), or an object with "field", "const", ' \
    '"values", "expression", "format" or "zone"'  # fmt: skip
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)


class Origin(BaseModel):
    """Where the text of one column comes from. The short forms: ``"name"``, ``["first", "second"]``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    fields: Annotated[tuple[str, ...], Field(alias="field")] = ()
    """Field names or dotted paths; a list is searched by key: ``params[key=page].value``."""
    const: Any = None
    """The value, if no field has one."""
    expression: str | None = None
    """Arithmetic of fields and numbers with ``+ - * / ( )``; a name that is no identifier is quoted."""
    values: dict[str, str | None] = {}
    """Replacements of whole values, by None if the value stands for none; other values stay."""
    format: str | None = None
    """The time format, in the signs of ``strptime``."""
    zone: Zone | None = None
    """The IANA time zone of times without an offset."""

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        if isinstance(given, str | list):
            given = {"field": given}
        if not isinstance(given, dict) or not given:
            raise ValueError(f"must be {_FORMS}")
        if unknown := set(given) - {"field", "const", "values", "expression", "format", "zone"}:
            raise ValueError(f"has {min(unknown)!r}: must be {_FORMS}")
        if isinstance(given.get("field"), str):
            given = given | {"field": [given["field"]]}
        return given

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.expression is not None:
            if self.fields:
                raise ValueError('has "field" and "expression": use one of them')
            expression_fields(self.expression)
        elif not self.fields and "const" not in self.model_fields_set:
            raise ValueError('needs "field", "expression" or "const"')
        return self

    @property
    def used(self) -> tuple[str, ...]:
        """The names of all fields that it reads."""
        return expression_fields(self.expression) if self.expression is not None else self.fields


def parsed_expression(expression: str) -> ast.expr:
    """The expression's tree: names, attributes and texts are fields. Raises ``ValueError`` for anything else."""
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = ast.Pass()  # type: ignore[assignment]
    for node in _parts(tree):
        if field_of(node) is None and not (isinstance(node, ast.Constant) and type(node.value) in (int, float)):
            raise ValueError(
                f"expression is {expression!r}: use field names, numbers and + - * / ( ), like quantity * unit_price; "
                "quote a name that has blanks"
            )
    return tree


def _parts(tree: ast.AST) -> Iterator[ast.AST]:
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, _OPERATORS):
        yield from _parts(tree.left)
        yield from _parts(tree.right)
    elif isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        yield from _parts(tree.operand)
    else:
        yield tree


def field_of(node: ast.AST) -> str | None:
    """The field that a leaf of an expression names; None if it names none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        parent = field_of(node.value)
        return f"{parent}.{node.attr}" if parent and not isinstance(node.value, ast.Constant) else None
    return None


def expression_fields(expression: str) -> tuple[str, ...]:
    """The fields of an expression, in order."""
    return tuple(dict.fromkeys(name for node in _parts(parsed_expression(expression)) if (name := field_of(node))))


FieldMap = dict[str, Origin]
