alter table llmproxy.admin_user add column scope varchar(200);

alter table llmproxy.api_token add column scope varchar(200);

alter table llmproxy.admin_session add column scope varchar(200);
