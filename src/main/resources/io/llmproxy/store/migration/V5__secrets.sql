create table llmproxy.secret (
    name varchar(300) not null primary key,
    revision bigint not null,
    ciphertext bytea not null,
    wrapped_key bytea not null,
    key_id varchar(16) not null,
    author varchar(400) not null,
    changed_at timestamp with time zone not null default current_timestamp
);

create table llmproxy.secret_state (
    scope varchar(20) not null primary key,
    key_id varchar(16),
    revision bigint not null
);

insert into llmproxy.secret_state (scope, revision) values ('main', 0);
