-- What became of each bronze record of some batches in a table of one row per key, counted per partition.
-- A record is applied when silver shows it, or holds it as its lane's tombstone; superseded when a greater order
-- of its key is shown, or a tombstone cuts it. Each is a condition of its own; `first_lost` is met by neither.
-- One that a rule rejected for its batch must be none of these: silver does not show it.
with record as (
    select
        b.batch_id, b.topic_id, b.generation, b.kafka_partition, b.kafka_offset, b.kafka_timestamp,
        concat(b.topic_id, '/', b.kafka_partition) as lane,
        b.value is null as is_tombstone,
{% for key in keys %}
        coalesce(b.parsed.{{ key.field }}, if(b.value is null, {{ key.from_kafka }}, null)) as key_{{ loop.index }},
{% endfor %}
        struct(
{% for part in order_by %}
            {{ instant('b.parsed.' ~ part.field) }}, b.parsed.{{ part.field }},
{% endfor %}
            b.generation, b.kafka_timestamp, b.kafka_partition, b.kafka_offset
        ) as position
    from (
        select *, from_json(value, {{ ddl }}) as parsed
        from {{ bronze }}
        where batch_id in ({{ batches }})
    ) as b
),
shown as (
    select
        s.batch_id, s.topic_id, s.kafka_partition, s.kafka_offset, s.is_deleted, s.tombstones,
{% for key in keys %}
        s.{{ key.column }} as key_{{ loop.index }},
{% endfor %}
        struct(
{% for part in order_by %}
            {{ instant('s.' ~ part.column) }}, s.{{ part.column }},
{% endfor %}
            s.generation, s.kafka_timestamp, s.kafka_partition, s.kafka_offset
        ) as position
    from {{ silver }} as s
),
paired as (
    select
        r.batch_id, r.topic_id, r.kafka_partition, r.kafka_offset,
        s.topic_id is not null as has_row,
        coalesce(
            s.batch_id = r.batch_id and s.topic_id = r.topic_id and s.kafka_partition = r.kafka_partition
            and s.kafka_offset = r.kafka_offset,
            false
        ) as is_shown,
        try_element_at(s.tombstones, r.lane).kafka_offset as lane_cut,
        exists(
            map_entries(s.tombstones),
            t -> if(
                t.key = r.lane,
                t.value.kafka_offset > r.kafka_offset,
                t.value.kafka_timestamp > r.kafka_timestamp
                or (r.kafka_timestamp is null and t.value.kafka_timestamp is not null)
            )
        ) as is_cut,
        not s.is_deleted and s.position > r.position as is_older,
        r.is_tombstone
    from record as r
    left join shown as s
        on {% for key in keys %}r.key_{{ loop.index }} <=> s.key_{{ loop.index }}{{ ' and ' if not loop.last }}{% endfor %}

),
judged as (
    select
        batch_id, topic_id, kafka_partition, kafka_offset,
        bool_or(is_shown) as is_shown,
        bool_or(if(is_tombstone, coalesce(lane_cut = kafka_offset, false), is_shown)) as is_applied,
        bool_or(if(
            is_tombstone,
            coalesce(lane_cut > kafka_offset, false),
            not is_shown and (coalesce(is_cut, false) or coalesce(is_older, false))
        )) as is_superseded,
        count_if(has_row) as key_rows
    from paired
    group by batch_id, topic_id, kafka_partition, kafka_offset
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
    count_if(is_applied and not is_rule_rejected) as applied,
    count_if(is_superseded and not is_rule_rejected) as superseded,
    count_if(is_shown) as shown,
    count_if(key_rows > 1) as doubled,
    count_if(not is_applied and not is_superseded and not is_rule_rejected) as lost,
    count_if(is_rule_rejected and is_shown) as kept_though_rejected,
    count_if(is_rule_rejected) as rule_rejected,
    min(if(if(is_rule_rejected, is_shown, not is_applied and not is_superseded) or key_rows > 1, kafka_offset, null)) as first_lost,
    max(if(if(is_rule_rejected, is_shown, not is_applied and not is_superseded) or key_rows > 1, kafka_offset, null)) as last_lost
from told
group by batch_id, topic_id, kafka_partition
