"""Grafana's dashboards as code; ``python -m deploy.grafana`` writes the files that Grafana loads.

Belongs here: panels, their queries (``queries/``), and the files that Grafana reads (``dashboards``, ``provisioning``).
Does not belong here: metric definitions. A panel only selects, filters and sums columns of marts and metrics.
"""
