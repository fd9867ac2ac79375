{#- Each state of a key ends when the next one or a deletion begins; the last one never, if it is current. Fails with the others. -#}
{% test unbroken_history(model, key) %}
    with steps as (
        select
            {{ key | join(', ') }}, topic_id, kafka_partition, kafka_offset, valid_from, valid_to, is_current, is_deleted,
            lead(valid_from) over (
                partition by {{ key | join(', ') }} order by valid_from, not is_deleted
            ) as next_from
        from {{ model }}
        where is_current or is_deleted or valid_from < valid_to
    )
    select *
    from steps
    where not (
        is_deleted and valid_to <=> valid_from and not is_current
        or not is_deleted and valid_to <=> next_from and is_current = (next_from is null)
    )
{% endtest %}
