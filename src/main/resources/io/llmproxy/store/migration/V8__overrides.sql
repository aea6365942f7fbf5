create table llmproxy.operator_override (
    upstream varchar(300) not null,
    in_group varchar(300) not null,
    mode varchar(20),
    weight integer,
    until_at timestamp with time zone,
    reason varchar(1000),
    author varchar(300) not null,
    since_at timestamp with time zone not null,
    primary key (upstream, in_group)
);

insert into llmproxy.change_counter (name, n, purged, epoch) values ('override', 0, 0, '');
