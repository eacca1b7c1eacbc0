"""What ingest would do with the first records of a file: its readers, its field mapping, its contract."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from user_activity.ingest.inspection.sample import first_records, read_carefully
from user_activity.ingest.partition.faults import guilt
from user_activity.ingest.partition.load import by_file
from user_activity.ingest.readers.files import InputFile
from user_activity.ingest.validation.in_force import accepting, in_force
from user_activity.ingest.validation.opening import Opening, Reader
from user_activity.ingest.validation.read import Stream, connected
from user_activity.ingest.validation.validate import SET_ASIDE, ContractValidator
from user_activity.settings import Settings
from user_activity.sources import Source


@dataclass
class Verdict:
    """Counts of records by what became of them."""

    accepted: int = 0
    rejected: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    """Rejected records by the rules that they break."""
    reasons: dict[str, str] = field(default_factory=dict)
    """For each of these rules, the sentence of the first record that breaks it."""
    set_aside: Counter[str] = field(default_factory=Counter)
    """Values left out of accepted records, by rule."""
    left_out: dict[str, str] = field(default_factory=dict)
    """For each of these rules, the first such value."""
    rows: list[pa.Table] = field(default_factory=list)
    """The accepted records, typed."""


def verdict(file: InputFile, source: Source, settings: Settings, most: int, work_dir: Path) -> Verdict:
    """Validate the first records. Raises ``FileProblem`` if the whole file would be rejected."""
    reader = Reader(source, settings, work_dir)
    source, settings = in_force(source, settings), accepting(settings, source.name)

    def read(opening: Opening) -> Verdict:
        found = Verdict()
        with connected(settings, work_dir) as engine:
            stream = Stream(engine, source, settings, [(file, first_records(opening, most))])
            for _, rows, rejected, _, warnings in by_file(stream, ContractValidator(engine, source, settings)):
                found.rows.append(rows)
                found.accepted += len(rows)
                found.rejected += len(rejected)
                if warnings:
                    found.set_aside.update(warnings)
                    _note_left_out(found.left_out, rows)
                for each in rejected:
                    found.rules.update(each.rules)
                    for rule, reason in zip(each.rules, each.reasons, strict=True):
                        found.reasons.setdefault(rule, reason)
        if problem := stream.problems.get(0):
            raise guilt(problem) or problem
        return found

    return read_carefully(reader, file, read)


def _note_left_out(left_out: dict[str, str], rows: pa.Table) -> None:
    for properties in rows.column("properties").to_pylist():
        if properties and f'"{SET_ASIDE}"' in properties:
            for column, each in json.loads(properties).get(SET_ASIDE, {}).items():
                left_out.setdefault(each["rule"], f"{column} is {each['text']!r}")
