-- Put the jobs of dead workers back. Of several under one queueing lock one goes back, and none when one waits already:
-- what waits will do the work.
with stalled as (
    select job.id, job.task_name, job.queueing_lock, job.attempts
    from procrastinate_jobs job left join procrastinate_workers worker on worker.id = job.worker_id
    where job.status = 'doing'
      and (job.worker_id is null or worker.last_heartbeat < now() - make_interval(secs => %(seconds)s))
    for update of job skip locked
), judged as (
    select stalled.id,
           stalled.attempts >= coalesce(known.retries, %(other_limit)s) as worn_out,
           row_number() over (partition by coalesce(stalled.queueing_lock, stalled.id::text) order by stalled.id) > 1
           or exists (
               select from procrastinate_jobs waiting
               where waiting.queueing_lock = stalled.queueing_lock and waiting.status = 'todo'
           ) as superseded
    from stalled
    left join unnest(%(names)s::text[], %(limits)s::int[]) as known (name, retries) on known.name = stalled.task_name
)
update procrastinate_jobs job
set status = case when worn_out or superseded then 'failed' else 'todo' end::procrastinate_job_status,
    attempts = job.attempts + 1,
    scheduled_at = null,
    worker_id = null,
    abort_requested = false
from judged
where job.id = judged.id
returning job.id, job.task_name as name, job.args as ids, job.status::text as status, judged.superseded
