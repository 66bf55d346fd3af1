delete from procrastinate_jobs job
using procrastinate_events event
where event.job_id = job.id
  and (
      (job.status in ('succeeded', 'cancelled', 'aborted') and event.type::text = job.status::text
       and event.at < now() - interval '1 day')
      or (job.status = 'failed' and event.type = 'failed' and event.at < now() - interval '30 days')
  )
