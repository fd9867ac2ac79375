-- What Tidegate last asked of each dataset's connector, and what Connect was last seen to do.

create table registry.connector (
    dataset text primary key references registry.dataset (name),
    name text not null,
    -- The config as it was last applied or, for an adopted connector, taken over; secrets are left out.
    -- A key that Connect holds otherwise was changed by hand.
    applied jsonb not null,
    observed text not null check (
        observed in ('RUNNING', 'PAUSED', 'STOPPED', 'FAILED', 'UNASSIGNED', 'RESTARTING', 'DESTROYED', 'MISSING')
    ),
    -- Keys changed by hand, as [{"key", "old", "new"}]: old is applied, new is Connect's.
    drift jsonb not null default '[]',
    -- When observed or drift last became what it is.
    observed_at timestamptz not null default now()
);

-- The top-level fields of each dataset's ACTIVE schema, those without a known type included.
create view registry.active_field as
select v.dataset, v.version, f.value ->> 'name' as name
from registry.schema_version as v
cross join lateral jsonb_array_elements(v.schema -> 'fields') as f (value)
where v.status = 'ACTIVE';
