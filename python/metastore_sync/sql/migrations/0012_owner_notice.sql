-- Which owners know of their BLOCKED batch: one row per batch that somebody began to tell about.

create table registry.owner_notice (
    dataset text not null,
    batch_id bigint not null,
    -- Who begins sets it; older than a minute without `told_at`, whoever began is gone.
    claimed_at timestamptz,
    -- When the webhook took it; from then on nobody tells again.
    told_at timestamptz,
    attempts integer not null default 1,
    primary key (dataset, batch_id),
    foreign key (dataset, batch_id) references registry.batch (dataset, batch_id)
);
