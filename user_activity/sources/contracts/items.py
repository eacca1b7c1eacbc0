"""Order lines: a list of small records in one column, stored as canonical JSON text."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from user_activity.settings import Settings
from user_activity.sources.contracts.base import Contract, column, kinds, spellings
from user_activity.sources.contracts.small_records import listed, validated
from user_activity.sources.contracts.values import (
    Amount,
    Identifier,
    ValidationContext,
    Value,
    quoted,
)

NO_PRODUCT = "(not set)"
"""The product of a line without one; the macro ``no_product`` says the same."""
MOST_UNITS = 10**9


class Item(Contract):
    """One line of an order."""

    product_id: Annotated[str, Identifier()] = column("The product bought.", "sku", "item_id", "product")
    quantity: Annotated[Decimal, Amount(minimum=None, maximum=MOST_UNITS)] = column(
        "Units bought; negative if given back.", "qty", "count"
    )
    unit_price: Annotated[Decimal, Amount(minimum=None)] = column(
        "Price of one unit, in the order's currency.", "price"
    )


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return value if value is None else str(value)


def _plain(number: Decimal) -> int | float:
    """The number as JSON has it: without zeros after the point."""
    return int(number) if number == int(number) else float(number)


@dataclass(frozen=True)
class Items(Value):
    """A JSON list of at least one order line. Additional fields of a line are kept in it, as text.

    A line whose product is named, but blank or null, such as a custom line of a shop, has the product ``NO_PRODUCT``.
    """

    def parse(self, text: str, context: ValidationContext) -> str:
        lines = listed(text, "order line", at_least_one=True)
        return json.dumps(
            [self._line(number, line, context) for number, line in enumerate(lines, 1)],
            ensure_ascii=False,
            separators=(",", ":"),
        )

    def _line(self, number: int, line: dict[str, Any], context: ValidationContext) -> dict[str, Any]:
        texts = {name: text.strip() for name, value in line.items() if (text := _as_text(value)) and text.strip()}
        record: dict[str, str] = {}
        for name, names in spellings(Item).items():
            found = next((key for key in (name, *names) if key in texts), None)
            if found is not None:
                record[name] = texts.pop(found)
            elif name == "product_id" and not line.keys().isdisjoint((name, *names)):
                record[name] = NO_PRODUCT
        item = validated(Item, record, context, "bad_line", f"line {number}")
        quantity, price = _plain(item.quantity), f"{item.unit_price:.4f}"
        typed = {"product_id": item.product_id, "quantity": quantity, "unit_price": price}
        return typed | {name: texts[name] for name in sorted(texts) if name not in typed}

    def sql(self, text: str, settings: Settings) -> str:
        names = {name: (name, *others) for name, others in spellings(Item).items()}
        shape = quoted(json.dumps([dict.fromkeys((key for keys in names.values() for key in keys), "VARCHAR")]))
        found = {name: f"coalesce({', '.join(f'line.{key}' for key in keys)})" for name, keys in names.items()}
        typed = {name: kind.sql(found[name], settings) for name, kind in kinds(Item).items()}
        # JSON readers differ in how they print fractions and exponents and in what they escape: leave those cases
        # undecided.
        plain = (
            f"regexp_full_match({found['product_id']}, '[!#-\\[\\]-~]([ !#-\\[\\]-~]*[!#-\\[\\]-~])?')"
            f" and not regexp_matches({found['product_id']}, '^[-+]?[0-9]*[.eE]')"
            f" and length({found['quantity']}) <= 15 and length({found['unit_price']}) <= 15"
        )
        quantity = f"rtrim(rtrim(({typed['quantity']})::varchar, '0'), '.')"
        written = (
            f'case when {plain} then \'{{"product_id":"\' || ({typed["product_id"]}) || \'","quantity":\' || '
            f"{quantity} || ',\"unit_price\":\"' || ({typed['unit_price']}) || '\"}}' end"
        )
        lines = f"list_transform(from_json({text}, {shape}), lambda line: {written})"
        keys = f"list_sum(list_transform(json_extract({text}, '$[*]'), lambda line: len(json_keys(line))))"
        no_others = f"{keys} = {len(names)} * json_array_length({text})"
        return (
            f"case when json_valid({text}) then case when json_type({text}) = 'ARRAY' then case when {no_others} "
            f"and len(list_filter({lines}, lambda line: line is null)) = 0 "
            f"then '[' || array_to_string({lines}, ',') || ']' end end end"
        )
