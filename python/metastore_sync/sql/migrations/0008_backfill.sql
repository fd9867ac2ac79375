-- A backfill is staged on a branch of each table and published under the dataset's lease; its row says how far it is,
-- so that the same command goes on where it ended.

drop table registry.backfill;

create table registry.backfill (
    id bigint generated always as identity primary key,
    dataset text not null references registry.dataset (name),
    -- STAGING: on branches. STAGED: tested there. PUBLISHED: on main, other models wait. The others are over.
    state text not null default 'STAGING'
    check (state in ('STAGING', 'STAGED', 'PUBLISHED', 'DONE', 'REFUSED', 'ABANDONED')),
    -- Event time, half-open; both null: everything that bronze holds.
    from_time timestamptz,
    to_time timestamptz,
    -- The ACTIVE version when its branches were made; null before.
    schema_version integer,
    actor text not null,
    message text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((from_time is null) = (to_time is null)),
    check (from_time < to_time),
    foreign key (dataset, schema_version) references registry.schema_version (dataset, version)
);

create unique index one_open_backfill on registry.backfill (dataset)
where state in ('STAGING', 'STAGED', 'PUBLISHED');

create table registry.backfill_table (
    backfill bigint not null references registry.backfill (id),
    table_name text not null,
    -- Main's snapshot that the branch began at, and the newest batch that snapshot holds.
    base_snapshot bigint not null,
    upto bigint not null check (upto > 0),
    is_published boolean not null default false,
    primary key (backfill, table_name)
);

-- What a model on a branch is made from, per table: bronze is pinned at `upto`. Times are text in UTC.
create view admitted.backfill as
select
    b.dataset, 'backfill_' || b.id as branch, t.table_name, t.upto, b.schema_version, v.columns::text as columns,
    to_char(b.from_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as from_time,
    to_char(b.to_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as to_time
from registry.backfill as b
inner join registry.backfill_table as t on b.id = t.backfill
inner join registry.schema_version as v on b.dataset = v.dataset and b.schema_version = v.version
where b.state in ('STAGING', 'STAGED');

do $$
begin
    if exists (select from pg_roles where rolname = 'tidegate_spark') then
        grant select on admitted.backfill to tidegate_spark;
    end if;
end $$;
