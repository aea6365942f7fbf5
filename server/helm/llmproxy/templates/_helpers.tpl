{{- define "llmproxy.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 56 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 56 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "llmproxy.selector" -}}
app.kubernetes.io/name: llmproxy
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "llmproxy.labels" -}}
{{ include "llmproxy.selector" . }}
app.kubernetes.io/version: {{ include "llmproxy.tag" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "llmproxy.tag" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "llmproxy.image" -}}
{{ .Values.image.repository }}:{{ include "llmproxy.tag" . }}
{{- end }}

{{/* What the node's own file says of Redis; a node of a store may have it there, too. */}}
{{- define "llmproxy.redis" -}}
{{- if or .Values.redis.url .Values.redis.sentinel.master .Values.redis.cluster.nodes }}
redis:
  {{- with .Values.redis.url }}
  url: {{ . | quote }}
  {{- end }}
  {{- with .Values.redis.sentinel }}
  {{- if .master }}
  sentinel:
    master: {{ .master | quote }}
    nodes: {{ toJson .nodes }}
    {{- with .user }}
    user: {{ . | quote }}
    {{- end }}
    {{- if .password.secret }}
    password: "${SENTINEL_PASSWORD}"
    {{- end }}
    tls: {{ .tls }}
    database: {{ .database }}
  {{- end }}
  {{- end }}
  {{- with .Values.redis.cluster }}
  {{- if .nodes }}
  cluster:
    nodes: {{ toJson .nodes }}
    tls: {{ .tls }}
  {{- end }}
  {{- end }}
  {{- with .Values.redis.user }}
  user: {{ . | quote }}
  {{- end }}
  {{- if .Values.redis.password.secret }}
  password: "${REDIS_PASSWORD}"
  {{- end }}
{{- end }}
{{- end }}

{{/* The node's part of http_server.admin, over what `config` says. */}}
{{- define "llmproxy.admin" -}}
port: {{ .Values.admin.port }}
address: 0.0.0.0
{{- with .Values.admin.compat }}
compat: {{ toJson . }}
{{- end }}
{{- end }}

{{/* The configuration document: `config`, with the time that a stop takes. */}}
{{- define "llmproxy.document" -}}
{{- $stop := dict "http_server" (dict "shutdown_timeout" (printf "%ds" (int .Values.stop.drainSeconds))) -}}
{{- $document := mergeOverwrite (deepCopy .Values.config) $stop -}}
{{- if eq .Values.mode "file" -}}
{{- $admin := dict "http_server" (dict "admin" (fromYaml (include "llmproxy.admin" .))) -}}
{{- $document = mergeOverwrite $document $admin (fromYaml (include "llmproxy.redis" .)) -}}
{{- end -}}
{{ toYaml $document }}
{{- end }}

{{/* The node's own file where the configuration is in a store. */}}
{{- define "llmproxy.node" -}}
store:
  url: {{ required "store.url is needed for mode: store, such as jdbc:postgresql://db/llmproxy" .Values.store.url | quote }}
  user: {{ .Values.store.user | quote }}
  password: "${STORE_PASSWORD}"
  key: "${STORE_KEY}"
  directory: /var/lib/llmproxy
  seed: seed.yaml
  migrate: {{ ternary "check" "auto" .Values.store.migrate.enabled }}
http_server:
  admin:
    {{- include "llmproxy.admin" . | nindent 4 }}
log: {{ toJson (.Values.config.log | default (dict "format" "json")) }}
{{- include "llmproxy.redis" . }}
{{- end }}

{{/* Variables with what is secret. */}}
{{- define "llmproxy.secretEnv" -}}
{{- if eq .Values.mode "store" }}
- name: STORE_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ .Values.store.password.secret }}, key: {{ .Values.store.password.key }} } }
- name: STORE_KEY
  valueFrom: { secretKeyRef: { name: {{ .Values.store.key.secret }}, key: {{ .Values.store.key.key }} } }
{{- end }}
{{- if and (or .Values.redis.url .Values.redis.sentinel.master .Values.redis.cluster.nodes) .Values.redis.password.secret }}
- name: REDIS_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ .Values.redis.password.secret }}, key: {{ .Values.redis.password.key }} } }
{{- end }}
{{- with .Values.redis.sentinel }}
{{- if and .master .password.secret }}
- name: SENTINEL_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ .password.secret }}, key: {{ .password.key }} } }
{{- end }}
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "llmproxy.envFrom" -}}
{{- range .Values.secrets }}
- secretRef: { name: {{ . }} }
{{- end }}
{{- end }}

{{- define "llmproxy.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "llmproxy.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}
