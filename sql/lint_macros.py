"""Check how macros are written: what sqlfluff checks in models, and cannot see in macros.

No tabs, no trailing blanks, lines of at most 130 characters, one newline at the end, and no upper case in SQL. Words
of SQL are found by sqlfluff's own lexer, with each Jinja tag as a name. Leaves with 1 when a line breaks a rule.

    python sql/lint_macros.py sql/macros sql/tests
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlfluff.core import FluffConfig, Lexer

LONGEST = 130  # ten more than in models: what stands in quotes for Jinja cannot be broken
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)


def problems(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers, with what is wrong there."""
    for number, line in enumerate(text.splitlines(), 1):
        if "\t" in line:
            yield number, "has a tab: indent with spaces"
        if line != line.rstrip():
            yield number, "ends with a blank"
        if len(line) > LONGEST:
            yield number, f"has {len(line)} characters: break it after at most {LONGEST}"
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield text.count("\n") + 1, "the file must end with one newline"
    sql = JINJA.sub(lambda tag: re.sub(r"[^\n]", "_", tag[0]), text)
    words, _ = Lexer(config=FluffConfig(overrides={"dialect": "duckdb"})).lex(sql)
    for word in words:
        if word.is_type("word") and word.raw != word.raw.lower():
            yield word.pos_marker.source_position()[0], f"{word.raw}: write SQL in lower case"


def main(folders: list[str]) -> int:
    """Print what is wrong with the .sql files in these folders; 1 when anything is, else 0."""
    files = sorted(path for folder in folders for path in Path(folder).rglob("*.sql"))
    found = [f"{path}:{number}: {problem}" for path in files for number, problem in problems(path.read_text())]
    print("\n".join(found) or f"All {len(files)} files of macros are in order.")  # noqa: T201 - a program's answer
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
