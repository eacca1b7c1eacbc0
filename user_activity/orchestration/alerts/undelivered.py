"""The one error that every channel ends in when a message does not get through.

Belongs here: that error. Does not belong here: any channel.
"""


class Undelivered(Exception):
    """A message was not taken; it is kept. The text says by whom and why, and holds no secret."""
