-- People are found by the words of their names: whole, cut short, mistyped.
create function subscribers_words(sort_key text) returns text[] language sql immutable parallel safe as $$
    select array_remove(regexp_split_to_array(sort_key, '[^[:alnum:]]+'), '')
$$;

create index subscribers_customer_words on subscribers_customer using gin (subscribers_words(sort_key));

create extension if not exists pg_trgm;
create index subscribers_nameword_like on subscribers_nameword using gin (word gin_trgm_ops);

create function subscribers_note_words() returns trigger language plpgsql as $$
begin
    insert into subscribers_nameword (word)
    select distinct w.word from changed c cross join unnest(subscribers_words(c.sort_key)) w (word)
    where not exists (select from subscribers_nameword k where k.word = w.word)
    order by 1
    on conflict do nothing;
    return null;
end $$;

create trigger note_words after insert on subscribers_customer
    referencing new table as changed for each statement execute function subscribers_note_words();
create trigger note_words_of_change after update on subscribers_customer
    referencing new table as changed for each statement execute function subscribers_note_words();

insert into subscribers_nameword (word)
select distinct w.word from subscribers_customer c cross join unnest(subscribers_words(c.sort_key)) w (word);
