-- Files below the table's folder that no snapshot uses, older than a moment.
call lake.system.remove_orphan_files(
    table => '{{ table }}', older_than => timestamp '{{ before }}',
    dry_run => {{ 'true' if dry_run else 'false' }}, prefix_listing => true
)
