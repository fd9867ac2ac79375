-- Removes snapshots older than a moment, and the files that only they use.
call lake.system.expire_snapshots(table => '{{ table }}', older_than => timestamp '{{ before }}', retain_last => 1)
