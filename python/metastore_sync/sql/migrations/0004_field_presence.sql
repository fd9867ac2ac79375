-- How often each field was there: what tells a removed field from one that is merely absent.

create table registry.field_presence (
    dataset text primary key references registry.dataset (name),
    -- JSON pointer -> [objects with the field, their parents, parents since that lack it, batches since].
    ledger jsonb not null,
    -- The same with the BLOCKED batch counted in; null when none waits.
    pending jsonb
);
