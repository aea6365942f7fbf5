create table llmproxy.config_version (
    id bigint not null primary key,
    parent_id bigint not null,
    created_at timestamp with time zone not null default current_timestamp,
    author varchar(200) not null,
    message varchar(2000) not null,
    origin varchar(20) not null,
    content text not null,
    sha256 varchar(64) not null,
    app_version varchar(100) not null,
    request_key varchar(200) unique
);

create table llmproxy.config_head (
    scope varchar(20) not null primary key,
    version_id bigint not null,
    fallback_id bigint not null,
    confirm_until timestamp with time zone
);

insert into llmproxy.config_head (scope, version_id, fallback_id) values ('main', 0, 0);

create table llmproxy.node (
    id varchar(36) not null primary key,
    boot varchar(36) not null,
    name varchar(200) not null,
    app_version varchar(100) not null,
    seen_at timestamp with time zone not null,
    version_active bigint not null,
    version_tried bigint not null,
    nack text
);
