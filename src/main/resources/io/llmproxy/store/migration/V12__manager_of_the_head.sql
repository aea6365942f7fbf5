alter table llmproxy.config_head add column managed_by varchar(100);
