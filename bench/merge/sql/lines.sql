-- Line items as records of a topic: their own columns, then the columns that silver keeps of a record.
create macro sampled(order_key, line_number, salt, permille) as hash(order_key, line_number, salt) % 1000 < permille;

create table line as
select
    *,
    '2026-11-20T10:00:00Z' as updated_at,
    timestamptz '2026-11-20 10:00:00+00' as event_time,
    timestamptz '2026-11-20 11:00:00+00' as ingested_at,
    false as is_late_arrival,
    false as is_beyond_lateness,
    '0000000a' as topic_id,
    1 as generation,
    0 as kafka_partition,
    l_orderkey * 8 + l_linenumber as kafka_offset,
    timestamptz '2026-11-20 10:00:00+00' as kafka_timestamp,
    1 as schema_version,
    1::bigint as batch_id,
    false as is_deleted
from read_parquet(getvariable('lineitem'));

create view whole as
select * from line;

create view half as
select * from line where sampled(l_orderkey, l_linenumber, 'half', 500);

-- Lines that are produced anew: later than all of the table, in batch 2.
create macro again(lines) as table
select
    * replace (
        '2026-11-21T10:00:00Z' as updated_at,
        timestamptz '2026-11-21 10:00:00+00' as event_time,
        timestamptz '2026-11-21 11:00:00+00' as ingested_at,
        timestamptz '2026-11-21 10:00:00+00' as kafka_timestamp,
        kafka_offset + 1000000000000 as kafka_offset,
        2::bigint as batch_id
    )
from query_table(lines);

-- A key that no line has.
create macro fresh(order_key) as order_key + (select max(l_orderkey) from line);
