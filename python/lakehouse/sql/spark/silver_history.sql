-- What became of each bronze record of some batches in a table of one row per record with its interval, counted per partition.
-- A record is a state when silver shows it valid for some time, superseded when another of the same time follows it,
-- a deletion when it is a tombstone. Each is a condition of its own; `first_lost` has no row, or more than one.
-- One that a rule rejected for its batch must be none of these: silver does not show it.
with judged as (
    select
        b.batch_id, b.topic_id, b.kafka_partition, b.kafka_offset,
        count(s.kafka_offset) as silver_rows,
        count_if(
            b.value is not null and not s.is_deleted
            and (s.is_current and s.valid_to is null or not s.is_current and s.valid_from < s.valid_to)
        ) as state_rows,
        count_if(
            b.value is not null and not s.is_deleted and not s.is_current and s.valid_from = s.valid_to
        ) as superseded_rows,
        count_if(b.value is null and s.is_deleted and not s.is_current and s.valid_from = s.valid_to) as deletion_rows
    from {{ bronze }} as b
    left join (select * from {{ silver }} where batch_id in ({{ batches }})) as s
        on
            b.batch_id = s.batch_id and b.topic_id = s.topic_id
            and b.kafka_partition = s.kafka_partition and b.kafka_offset = s.kafka_offset
    where b.batch_id in ({{ batches }})
    group by b.batch_id, b.topic_id, b.kafka_partition, b.kafka_offset
),
told as (
    select j.*, x.topic_id is not null as is_rule_rejected
    from judged as j
    left join {{ rejected }} as x
        on
            j.batch_id = x.batch_id and j.topic_id = x.topic_id
            and j.kafka_partition = x.partition and j.kafka_offset = x.`offset`
)
select
    batch_id, topic_id, kafka_partition,
    count(*) as bronze,
    count_if(state_rows > 0) as state,
    count_if(superseded_rows > 0) as superseded,
    count_if(deletion_rows > 0) as deletion,
    count_if(silver_rows > 0) as shown,
    count_if(silver_rows > 1) as doubled,
    count_if(silver_rows = 0 and not is_rule_rejected) as lost,
    count_if(is_rule_rejected and silver_rows > 0) as kept_though_rejected,
    count_if(is_rule_rejected) as rule_rejected,
    min(if(silver_rows <> if(is_rule_rejected, 0, 1), kafka_offset, null)) as first_lost,
    max(if(silver_rows <> if(is_rule_rejected, 0, 1), kafka_offset, null)) as last_lost,
    cast(sum(if(is_rule_rejected, 0, cast({{ identity_hash('told') }} as decimal(38, 0)))) as string) as identity_hash
from told
group by batch_id, topic_id, kafka_partition
