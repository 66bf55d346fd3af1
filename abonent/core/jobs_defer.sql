-- Queue one job, or find the one that waits under the same queueing lock and bring it forward.
-- The found row stays locked until we commit: no worker starts it before it can see what we wrote (a refused insert
-- alone would lose the wake: the waiting job could run before our commit). No savepoint, no exception.
with put as (
    insert into procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at)
    values (
        %(queue)s, %(name)s, %(lock)s, %(queueing_lock)s, %(ids)s::jsonb,
        clock_timestamp() + make_interval(secs => %(in_seconds)s)
    )
    on conflict (queueing_lock) where status = 'todo' do update
        -- least() skips nulls, and null is «at once»
        set scheduled_at = case
            when procrastinate_jobs.scheduled_at is null or excluded.scheduled_at is null then null
            else least(procrastinate_jobs.scheduled_at, excluded.scheduled_at)
        end
    returning id, queue_name, scheduled_at, xmax = 0 as is_new
)
select id, is_new,
    -- an insert notifies by procrastinate's trigger, an update does not
    case when not is_new and scheduled_at is null
        then pg_notify('procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', id)::text)
    end
from put
