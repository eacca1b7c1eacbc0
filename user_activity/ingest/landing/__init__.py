"""Landing: the ``incoming`` folder, the archive, the product catalogue over HTTP, and rows from databases.

Belongs here: which files exist and on which date each landed. Does not belong here: reading them (``readers/``).
"""
