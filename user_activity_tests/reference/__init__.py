"""The second way: every metric computed again, slowly and plainly, from the facts, without the SQL that it checks."""
