"""Grafana's dashboards: what they show is written here, and ``python -m deploy.grafana`` makes the files it loads.

Belongs here: panels, their queries (``queries/``), and the files that Grafana reads (``dashboards``, ``provisioning``).
Does not belong here: figures of any kind. A panel selects, filters and adds up what a mart or metric says.
"""
