"""How fast the platform is: each figure beside its floor, the least that the same work could cost, in the same run.

    python -m bench [--rows 2000000] [--only NAME …] [--json]

Belongs here: a module a figure, how a cost is measured, how figures are shown. Does not belong here: tests of what the
platform answers (``user_activity_tests``); a bench asserts no time.
"""
