{{- define "holdfast.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "holdfast.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
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

{{- /* What a pod needs is in its limit: a pod that is killed for its memory drops all its clients. As docs/guides/kubernetes.md counts: while one
worker is replaced, in a reload or a recycle, there is one more. */ -}}
{{- define "holdfast.fits" -}}
{{- $limit := toString (dig "limits" "memory" "" .Values.resources) -}}
{{- $units := dict "Ki" 0.0009765625 "Mi" 1.0 "Gi" 1024.0 "Ti" 1048576.0 "k" 0.00095367431640625 "M" 0.95367431640625 "G" 953.67431640625 "" 0.00000095367431640625 -}}
{{- if regexMatch "^[0-9]+([.][0-9]+)?(Ki|Mi|Gi|Ti|k|M|G)?$" $limit -}}
{{- $unit := regexFind "[A-Za-z]*$" $limit -}}
{{- $hasMiB := int (mulf (float64 (regexFind "^[0-9.]+" $limit)) (get $units $unit)) -}}
{{- $wantsMiB := add 70 (mul (add (int .Values.workers) 1) (add (int .Values.maxOldSpaceMiB) 100)) -}}
{{- if lt $hasMiB (int $wantsMiB) -}}
{{- fail (printf "resources.limits.memory %s is %d MiB: wanted at least %d MiB = 70 + (workers %d + 1) x (maxOldSpaceMiB %d + 100)" $limit $hasMiB $wantsMiB (int .Values.workers) (int .Values.maxOldSpaceMiB)) -}}
{{- end -}}
{{- end -}}
{{- end }}
