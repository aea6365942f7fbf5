create table llmproxy.change_counter (
    name varchar(20) not null primary key,
    n bigint not null,
    purged bigint not null,
    epoch varchar(36) not null
);

insert into llmproxy.change_counter (name, n, purged, epoch) values ('keys', 0, 0, '');

create table llmproxy.client_key (
    id varchar(36) not null primary key,
    digest bytea not null unique,
    previous_digest bytea unique,
    grace_until timestamp with time zone,
    hint bytea,
    name varchar(200) not null,
    sort_name bytea unique,
    forwards text not null,
    models text not null,
    per_second integer,
    burst integer,
    max_concurrent integer not null,
    explains boolean not null,
    enabled boolean not null,
    expires_at timestamp with time zone,
    request_key varchar(400) unique,
    created_by varchar(200) not null,
    created_at timestamp with time zone not null default current_timestamp,
    deleted_at timestamp with time zone,
    change_seq bigint not null unique
);

create index client_key_hint on llmproxy.client_key (hint);

create index client_key_deleted on llmproxy.client_key (deleted_at);
