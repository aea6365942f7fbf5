create table llmproxy.audit (
    id bigint not null primary key,
    noted_at timestamp with time zone not null,
    actor varchar(400) not null,
    authentication varchar(400) not null,
    address varchar(400) not null,
    request_id varchar(400) not null,
    action varchar(400) not null,
    object varchar(400) not null,
    before_state text,
    after_state text,
    outcome varchar(400) not null,
    version_id bigint,
    previous varchar(64) not null,
    hash varchar(64) not null
);

create index audit_noted_at on llmproxy.audit (noted_at);
create index audit_actor on llmproxy.audit (actor, id);

create table llmproxy.audit_end (
    scope varchar(20) not null primary key,
    forgotten_id bigint not null,
    forgotten_hash varchar(64) not null,
    last_id bigint not null,
    last_hash varchar(64) not null
);

insert into llmproxy.audit_end (scope, forgotten_id, forgotten_hash, last_id, last_hash) values (
    'main',
    0,
    '0000000000000000000000000000000000000000000000000000000000000000',
    0,
    '0000000000000000000000000000000000000000000000000000000000000000'
);
