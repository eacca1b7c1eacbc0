-- Since the last good build
-- Time since build_models last succeeded, whatever the range (audit.pipeline_runs). Tables are no fresher than
-- this.
select extract(epoch from now() at time zone 'utc' - max(ended_at)) as "since the last good build"
from audit.pipeline_runs
where
    job = 'build_models'
    and state = 'success'
