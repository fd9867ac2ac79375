{#-
    The window of batches a compiled model was made for, as a comment inside its SQL.

    The write must record exactly the window that was compiled, and a second registry read could see more batches;
    the comment is the only thing that travels from a model's text to its materialization.

    Args:
        position: What position() returned.
        more: Further facts the write needs, such as a span of event times.
-#}
{% macro window_note(position, more={}) -%}
    {%- set note = {
        'dataset': position.dataset, 'after': position.after, 'upto': position.upto,
        'key': columns_of(position.fields.pk_fields or []),
    } -%}
    {%- do note.update(more) -%}
    /* tidegate {{ tojson(note, sort_keys=true) }} */
{%- endmacro %}


{#- The note inside `sql`; none when the model reads no batches of a dataset. -#}
{% macro noted_window(sql) -%}
    {%- set notes = modules.re.findall('/[*] tidegate ([{].*?[}]) [*]/', sql) | unique | list -%}
    {%- if notes | length > 1 -%}
        {{ exceptions.raise_compiler_error(
            "model " ~ model.name ~ ": it reads the batches of several datasets (" ~ notes | join(', ')
            ~ "), and a table can follow only one. Nothing was written."
            ~ "\nNext: read one with landed(), payload(), upsert(), append() or history(), the others with ref().") }}
    {%- endif -%}
    {%- do return(fromjson(notes[0]) if notes else none) -%}
{%- endmacro %}
