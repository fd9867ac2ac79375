-- Merges small position delete files, and drops those that delete nothing any more.
call lake.system.rewrite_position_delete_files(table => '{{ table }}', options => map('rewrite-all', 'false'))
