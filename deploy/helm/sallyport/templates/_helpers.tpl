{{- define "sallyport.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "sallyport.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end }}

{{- define "sallyport.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "sallyport.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* Cluster-wide roles of two releases of one name in two namespaces must not be the same. */ -}}
{{- define "sallyport.clusterName" -}}
{{ include "sallyport.name" . }}-{{ .Release.Namespace }}
{{- end }}

{{- /* Where the controller has rights, as a JSON list; empty for the whole cluster. Its own namespace is one of them. */ -}}
{{- define "sallyport.namespaces" -}}
{{- if .Values.watchNamespaces -}}
{{ append .Values.watchNamespaces .Release.Namespace | uniq | sortAlpha | toJson }}
{{- else -}}
[]
{{- end -}}
{{- end }}

{{- /* The definitions of the Gateway API may be missing, or come later: the controller then serves what there is. */ -}}
{{- define "sallyport.hasGatewayAPI" -}}
{{- if .Capabilities.APIVersions.Has "gateway.networking.k8s.io/v1" }}true{{ end -}}
{{- end }}
