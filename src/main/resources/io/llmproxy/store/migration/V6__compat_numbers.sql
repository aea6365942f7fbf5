create table llmproxy.compat_number (
    kind varchar(20) not null,
    name varchar(300) not null,
    number bigint not null,
    primary key (kind, name),
    unique (kind, number)
);

insert into llmproxy.change_counter (name, n, purged, epoch) values ('provider', 0, 0, '');
insert into llmproxy.change_counter (name, n, purged, epoch) values ('credential', 0, 0, '');
