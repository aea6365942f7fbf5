create table llmproxy.usage_hour (
    node varchar(36) not null,
    begun_at timestamp with time zone not null,
    forward varchar(300) not null,
    client_key varchar(300) not null,
    model varchar(300) not null,
    upstream varchar(300) not null,
    currency varchar(16) not null,
    attempts bigint not null,
    errors bigint not null,
    input_tokens bigint not null,
    cached_tokens bigint not null,
    output_tokens bigint not null,
    reasoning_tokens bigint not null,
    unpriced bigint not null,
    cost numeric(38, 12) not null,
    constraint usage_hour_pk primary key (begun_at, node, forward, client_key, model, upstream, currency)
);

create table llmproxy.usage_mark (
    run varchar(16) not null,
    file_number integer not null,
    read_bytes bigint not null,
    last_record bigint not null,
    written_at timestamp with time zone not null,
    constraint usage_mark_pk primary key (run)
);
