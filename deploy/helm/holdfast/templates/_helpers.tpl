{{- define "holdfast.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "holdfast.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "holdfast.labels" -}}
{{ include "holdfast.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* The sum. What stands in it is what the pod is told, so the two cannot disagree. */ -}}
{{- define "holdfast.graceSeconds" -}}
{{- with .Values.drain -}}
{{- if gt (int .windowSeconds) (int .timeoutSeconds) -}}
{{- fail (printf "drain.windowSeconds %d is within drain.timeoutSeconds %d: it cannot be longer" (int .windowSeconds) (int .timeoutSeconds)) -}}
{{- end -}}
{{- add (int .preStopSeconds) (int .timeoutSeconds) (int .closeSeconds) (int .reserveSeconds) -}}
{{- end -}}
{{- end }}
