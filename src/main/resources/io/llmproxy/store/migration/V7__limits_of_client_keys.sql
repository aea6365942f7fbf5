alter table llmproxy.client_key add column scope varchar(200);

alter table llmproxy.client_key add column limits text not null default '';
