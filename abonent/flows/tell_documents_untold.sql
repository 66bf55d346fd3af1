-- Documents issued in the last weeks that have no letter yet, the oldest first.
select document.id
from billing_document document
where document.issued_on > %(since)s::date - 62
  and not exists (
      select from conversations_conversation letter where letter.client_id = 'notice:document:' || document.id
  )
order by document.id
limit %(most)s
