"""Benchmarks of the platform. Each figure is compared with its floor: the least that the same work could cost.

    python -m bench [--rows 2000000] [--only NAME …] [--json]

Belongs here: a module per figure or two, how costs are measured, how figures are shown. Does not belong here: tests of
results (``user_activity_tests``). Floors are measured in the same run. A benchmark never asserts a time.
"""
