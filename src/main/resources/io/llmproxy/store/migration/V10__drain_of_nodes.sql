alter table llmproxy.node add column state varchar(20);

alter table llmproxy.node add column in_flight integer;

alter table llmproxy.node add column drain_boot varchar(36);

alter table llmproxy.node add column drain_author varchar(300);

alter table llmproxy.node add column drain_at timestamp with time zone;
