"""Alerts: whoever can mend a failure is told of it, once, by e-mail and by webhook.

What happened is compared with what was told, as everything here is compared: nothing is lost by a missed tick, a
restart, or a mail server that is down.
Belongs here: what is worth telling (``runs``, ``late``, ``ticks``), whom (``owners``), what was told (``memory``), in
which words (``words``), by which way (``channels``, ``delivery``), and the sensor that does it all.
Does not belong here: what went wrong and why (the rest of orchestration).
"""
