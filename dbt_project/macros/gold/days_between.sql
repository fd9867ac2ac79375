{#-
    The days on which two snapshots of a table differ: texts as 2026-11-20, and none for rows without a day.

    Only rows of data files that came or went, and rows that a delete file of the later snapshot names, are looked at. Of those,
    rows that stand unchanged on both sides cancel out: compaction moves rows and touches no day.

    Args:
        relation: An Iceberg table whose snapshot `after` is an ancestor of `upto`.
        after, upto: Snapshot ids.
        images: As in touched_window().
-#}
{% macro days_between(relation, after, upto, images) -%}
    {%- set found = run_query(days_between_sql(relation, after, upto, images)) -%}
    {%- do return(found.columns[0].values() | list) -%}
{%- endmacro %}


{% macro days_between_sql(relation, after, upto, images) -%}
    with files_then as (
        select content, file_path from {{ relation }}.files version as of {{ after }}
    ),
    files_now as (
        select content, file_path from {{ relation }}.files version as of {{ upto }}
    ),
    gone as (
        select file_path from files_then where content = 0
        except
        select file_path from files_now where content = 0
    ),
    come as (
        select file_path from files_now where content = 0
        except
        select file_path from files_then where content = 0
    ),
    deletes as (
        select file_path from files_now where content = 1
        except
        select file_path from files_then where content = 1
    ),
    deleted as (
        select distinct p.file_path, p.pos
        from {{ relation }}.position_deletes version as of {{ upto }} as p
        left semi join deletes as d on p.delete_file_path = d.file_path
    ),
    before_images as (
        select {{ image(images, -1) }}
        from {{ relation }} version as of {{ after }} as r
        left join gone as g on r._file = g.file_path
        left join deleted as d on r._file = d.file_path and r._pos = d.pos
        where {{ images.where }} and (g.file_path is not null or d.file_path is not null)
    ),
    after_images as (
        select {{ image(images, 1) }}
        from {{ relation }} version as of {{ upto }} as r
        left semi join come as c on r._file = c.file_path
        where {{ images.where }}
    ),
    changes as (
        select touched_day, identity
        from (select * from before_images union all select * from after_images)
        group by touched_day, identity
        having sum(side) <> 0
    )
    select distinct cast(touched_day as string) from changes
{%- endmacro %}


{% macro image(images, side) -%}
    cast({{ images.day }} as date) as touched_day,
    struct(r.{{ images.identity | map('tojson') | map('replace', '"', '`') | join(', r.') }}) as identity,
    {{ side }} as side
{%- endmacro %}
