-- What retention removed on purpose: landed objects of proven batches, payloads of rejected records.

-- When retention removed the object; written before it is deleted. Null: it is there, or lost.
alter table registry.batch_object add column removed_at timestamptz;

create index batch_object_age on registry.batch_object (dataset, topic_id, partition, first_offset)
where removed_at is null;

-- When retention removed the payload; the record itself stays: receipts count it.
alter table registry.rejected_record add column payload_removed_at timestamptz;

-- Bronze asks for it while it loads: what is not there any more cannot be loaded again.
create view admitted.removed as
select o.dataset, o.batch_id, o.data_key, o.removed_at
from registry.batch_object as o
where o.removed_at is not null;

do $$
begin
    if exists (select from pg_roles where rolname = 'tidegate_spark') then
        grant select on admitted.removed to tidegate_spark;
    end if;
end $$;
