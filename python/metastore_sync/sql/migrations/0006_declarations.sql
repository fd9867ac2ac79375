-- What people declared about fields, and what the service answered to requests that may be sent again.

create table registry.declared_field (
    dataset text not null references registry.dataset (name),
    -- JSON pointer of the field as it was called before.
    pointer text not null,
    -- dropped: kept out of every batch while the ACTIVE version lacks it. renamed: it may stay away.
    change text not null check (change in ('dropped', 'renamed')),
    renamed_to text,
    -- The version that the declaration made.
    version integer not null,
    declared_at timestamptz not null default now(),
    primary key (dataset, pointer),
    check ((change = 'renamed') = (renamed_to is not null))
);

-- Headers of the answer that a client relies on: ETag, Location.
alter table registry.idempotency_key add column headers jsonb not null default '{}';

create index idempotency_key_age on registry.idempotency_key (created_at);
