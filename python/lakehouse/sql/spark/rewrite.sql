-- Rewrites the files of a table that match, or those that are worth it.
call lake.system.rewrite_data_files(
    table => '{{ table }}',
    {%- if where %}
    where => "{{ where }}",
    {%- endif %}
    options => map({% for name, value in options.items() %}'{{ name }}', '{{ value }}'{{ ', ' if not loop.last }}{% endfor %})
)
