"""Alerts: asset owners are notified of each failure once, by e-mail and webhook.

Incidents are compared with the alerts already sent, so a missed tick, a restart or a mail server outage loses nothing.
Belongs here: what is an incident and who owns it (``detect``), what was sent (``incidents``), the texts
(``messages``), how they are sent (``delivery``, ``email``, ``webhook``), and the sensor that runs all of it.
Does not belong here: what went wrong and why (the rest of orchestration).
"""
