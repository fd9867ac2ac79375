{#- SQL: the partition of one topic id that a record came through; offsets compare within it alone. -#}
{% macro lane_of(alias) -%}
    concat({{ alias }}.topic_id, '/', {{ alias }}.kafka_partition)
{%- endmacro %}


{#- SQL: where a record stands in Kafka and in bronze. -#}
{% macro place_of(alias) -%}
    struct(
        {{ alias }}.batch_id, {{ alias }}.topic_id, {{ alias }}.kafka_partition, {{ alias }}.kafka_offset, {{ alias }}.kafka_timestamp
    )
{%- endmacro %}


{#-
    SQL: tombstones per lane, the greatest offset and the greatest timestamp of each; null when there are none.

    Args:
        cuts: Expression of an array of place_of().
        held: Expression of the map merged so far, or 'null'.
-#}
{% macro merged_tombstones(cuts, held) -%}
    {%- set type = 'map<string, struct<kafka_offset: bigint, kafka_timestamp: timestamp>>' -%}
    aggregate(
        {{ cuts }},
        coalesce(cast({{ held }} as {{ type }}), cast(map() as {{ type }})),
        (merged, cut) -> cast(map_concat(
            map_filter(merged, (lane, newest) -> lane <> {{ lane_of('cut') }}),
            map({{ lane_of('cut') }}, struct(
                greatest(cut.kafka_offset, try_element_at(merged, {{ lane_of('cut') }}).kafka_offset) as kafka_offset,
                greatest(cut.kafka_timestamp, try_element_at(merged, {{ lane_of('cut') }}).kafka_timestamp) as kafka_timestamp
            ))
        ) as {{ type }}),
        merged -> case when size(merged) > 0 then merged end
    )
{%- endmacro %}


{#-
    SQL: does a tombstone cut the place? Earlier means a smaller offset in its lane, a smaller timestamp in another.
    As in the order of records, null is the smallest: what has no timestamp is older than what has one.
-#}
{% macro is_cut(tombstones, place) -%}
    coalesce(exists(
        map_entries({{ tombstones }}),
        t -> case
            when t.key = {{ lane_of(place) }} then {{ place }}.kafka_offset < t.value.kafka_offset
            else {{ place }}.kafka_timestamp < t.value.kafka_timestamp
                or ({{ place }}.kafka_timestamp is null and t.value.kafka_timestamp is not null)
        end
    ), false)
{%- endmacro %}
