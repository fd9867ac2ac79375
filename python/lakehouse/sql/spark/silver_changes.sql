-- What became of each bronze record of some batches in a table of one row per key of a captured table.
-- A record is applied when silver shows it, superseded when silver shows a change of its key that comes after it; a
-- deletion is a change like any other. Each is a condition of its own; `first_lost` is met by neither.
-- One that a rule rejected for its batch must be none of these: silver does not show it.
with record as (
    select
        b.batch_id, b.topic_id, b.kafka_partition, b.kafka_offset,
{% for key in keys %}
        coalesce(b.parsed.{{ key.field }}, if(b.value is null, {{ key.from_kafka }}, null)) as key_{{ loop.index }},
{% endfor %}
        struct(
            b.generation, b.parsed.__op <> 'r' as is_streamed,
{% for part in order_by %}
            b.parsed.{{ part.field }} as order_{{ loop.index }},
{% endfor %}
            b.kafka_timestamp, b.kafka_partition, b.kafka_offset
        ) as position
    from (
        select *, from_json(value, {{ ddl }}) as parsed
        from {{ bronze }}
        where batch_id in ({{ batches }})
    ) as b
),
shown as (
    select
        s.batch_id, s.topic_id, s.kafka_partition, s.kafka_offset,
{% for key in keys %}
        s.{{ key.column }} as key_{{ loop.index }},
{% endfor %}
        struct(
            s.generation, s.__op <> 'r' as is_streamed,
{% for part in order_by %}
            s.{{ part.column }} as order_{{ loop.index }},
{% endfor %}
            s.kafka_timestamp, s.kafka_partition, s.kafka_offset
        ) as position
    from {{ silver }} as s
),
judged as (
    select
        r.batch_id, r.topic_id, r.kafka_partition, r.kafka_offset,
        bool_or(coalesce(
            s.batch_id = r.batch_id and s.topic_id = r.topic_id
            and s.kafka_partition = r.kafka_partition and s.kafka_offset = r.kafka_offset,
            false
        )) as is_shown,
        bool_or(coalesce(s.position > r.position, false)) as is_superseded,
        count_if(s.topic_id is not null) as key_rows
    from record as r
    left join shown as s
        on {% for key in keys %}r.key_{{ loop.index }} <=> s.key_{{ loop.index }}{{ ' and ' if not loop.last }}{% endfor %}

    group by r.batch_id, r.topic_id, r.kafka_partition, r.kafka_offset
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
    count_if(is_shown and not is_rule_rejected) as applied,
    count_if(is_superseded and not is_rule_rejected) as superseded,
    count_if(is_shown) as shown,
    count_if(key_rows > 1) as doubled,
    count_if(not is_shown and not is_superseded and not is_rule_rejected) as lost,
    count_if(is_rule_rejected and is_shown) as kept_though_rejected,
    count_if(is_rule_rejected) as rule_rejected,
    min(if(if(is_rule_rejected, is_shown, not is_shown and not is_superseded) or key_rows > 1, kafka_offset, null)) as first_lost,
    max(if(if(is_rule_rejected, is_shown, not is_shown and not is_superseded) or key_rows > 1, kafka_offset, null)) as last_lost
from told
group by batch_id, topic_id, kafka_partition
