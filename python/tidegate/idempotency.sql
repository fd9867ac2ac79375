-- Answers to requests that may be sent again; a key holds one request for as long as it is kept.

-- name: try_key_lock(key)^
-- Whether this session runs the request with a key; held until the session ends.
select pg_try_advisory_lock(7433004, hashtext(:key)) as is_held;

-- name: answer(key, keep_seconds)^
-- What was answered to the request with a key; no row when there was none, or it was kept long enough.
select request_hash, status, body, headers
from registry.idempotency_key
where key = :key and created_at > clock_timestamp() - make_interval(secs => :keep_seconds);

-- name: put_answer(key, request_hash, status, body, headers)!
-- The answer to a request; it replaces one that was kept long enough.
insert into registry.idempotency_key (key, request_hash, status, body, headers)
values (:key, :request_hash, :status, :body, :headers)
on conflict (key) do update
set
    request_hash = excluded.request_hash, status = excluded.status, body = excluded.body,
    headers = excluded.headers, created_at = clock_timestamp();

-- name: forget_answers(keep_seconds)!
-- Answers that were kept long enough.
delete from registry.idempotency_key
where created_at <= clock_timestamp() - make_interval(secs => :keep_seconds);
