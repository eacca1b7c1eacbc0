"""Landing: where files wait, where they are archived, and the product catalogue over HTTP.

Belongs here: which files there are and on which date each landed. Does not belong here: reading them (``readers/``).
"""
