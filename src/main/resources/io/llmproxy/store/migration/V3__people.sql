create table llmproxy.admin_user (
    name varchar(100) not null primary key,
    role varchar(20) not null,
    enabled boolean not null,
    created_at timestamp with time zone not null,
    created_by varchar(400) not null,
    password_at timestamp with time zone not null,
    password_hash varchar(400) not null,
    seen_at timestamp with time zone
);

create table llmproxy.api_token (
    id varchar(36) not null primary key,
    name varchar(100) not null unique,
    digest varchar(64) not null unique,
    role varchar(20) not null,
    created_at timestamp with time zone not null,
    created_by varchar(400) not null,
    expires_at timestamp with time zone,
    used_at timestamp with time zone
);

create table llmproxy.admin_session (
    digest varchar(64) not null primary key,
    name varchar(400) not null,
    role varchar(20) not null,
    authentication varchar(40) not null,
    token_digest varchar(64),
    used_at timestamp with time zone not null,
    ends_at timestamp with time zone not null
);

create index admin_session_ends_at on llmproxy.admin_session (ends_at);
create index admin_session_name on llmproxy.admin_session (name);
