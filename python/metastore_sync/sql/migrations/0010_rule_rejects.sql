-- Records that a rule kept out of silver. Bronze holds them all the same, so their replays are for silver alone.

-- A replay of records that bronze holds: silver reads its objects, bronze does not.
alter table registry.batch_object add column is_silver_only boolean not null default false;
alter table registry.batch_object add constraint batch_object_silver_only check (is_replay or not is_silver_only);

create index rejected_by_rule on registry.rejected_record (dataset, batch_id) where stage = 'rule';

-- Whether a rule has ever rejected a record: where none has, silver asks for no more than bronze.
create or replace view admitted.dataset as
select
    d.name, d.kafka_topic, d.document ->> 'mode' as mode, d.document::text as document,
    exists (
        select from registry.rejected_record as r where r.dataset = d.name and r.stage = 'rule'
    ) as is_ruled
from registry.dataset as d;

-- What bronze leaves out: a record that a rule rejected is in it.
create or replace view admitted.rejected as
select r.dataset, r.batch_id, r.topic_id, r.partition, r."offset"
from registry.rejected_record as r
inner join registry.batch as b on r.dataset = b.dataset and r.batch_id = b.batch_id
where b.status = 'ADMITTED' and r.stage <> 'rule';

-- What silver leaves out: for its batch, for ever; a replay is another batch.
create view admitted.rule_rejected as
select r.dataset, r.batch_id, r.topic_id, r.partition, r."offset"
from registry.rejected_record as r
where r.stage = 'rule';

create or replace view admitted.object as
select
    o.dataset, o.batch_id, o.data_key, o.topic_id, o.generation, o.partition,
    o.first_offset, o.last_offset
from registry.batch_object as o
inner join registry.batch as b on o.dataset = b.dataset and o.batch_id = b.batch_id
where
    b.status = 'ADMITTED' and not o.is_silver_only
    and not exists (
        select from registry.accepted_gap as g
        where g.dataset = o.dataset and g.batch_id = o.batch_id and g.data_key = o.data_key
    );

create view admitted.silver_object as
select
    o.dataset, o.batch_id, o.data_key, o.topic_id, o.generation, o.partition,
    o.first_offset, o.last_offset
from registry.batch_object as o
inner join registry.batch as b on o.dataset = b.dataset and o.batch_id = b.batch_id
where b.status = 'ADMITTED' and o.is_silver_only;

do $$
begin
    if exists (select from pg_roles where rolname = 'tidegate_spark') then
        grant select on admitted.rule_rejected, admitted.silver_object to tidegate_spark;
    end if;
end $$;
