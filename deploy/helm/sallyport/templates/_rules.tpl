{{- /* Kinds that have no namespace. */ -}}
{{- define "sallyport.clusterRules" -}}
- apiGroups: [gateway.networking.k8s.io]
  resources: [gatewayclasses]
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [gatewayclasses/status]
  verbs: [patch, update]
- apiGroups: [networking.k8s.io]
  resources: [ingressclasses]
  verbs: [get, list, watch]
# Their labels, for Gateways that let in routes by them.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get, list, watch]
# Their addresses, which no endpoint may lead to.
- apiGroups: [""]
  resources: [nodes]
  verbs: [list, watch]
# Which kinds and versions this cluster has, and what newer definitions add.
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  verbs: [list, watch]
{{- end }}

{{- /* What is read, and where statuses are written. */ -}}
{{- define "sallyport.trafficRules" -}}
- apiGroups: [gateway.networking.k8s.io]
  resources:
    - backendtlspolicies
    - gateways
    - grpcroutes
    - httproutes
    - listenersets
    - referencegrants
    - tcproutes
    - tlsroutes
    - udproutes
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources:
    - backendtlspolicies/status
    - gateways/status
    - grpcroutes/status
    - httproutes/status
    - listenersets/status
    - tcproutes/status
    - tlsroutes/status
    - udproutes/status
  verbs: [patch, update]
# XListenerSet is what ListenerSet was called before it was part of the standard.
- apiGroups: [gateway.networking.x-k8s.io]
  resources: [xbackends, xbackendtrafficpolicies, xlistenersets]
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.x-k8s.io]
  resources: [xbackends/status, xbackendtrafficpolicies/status, xlistenersets/status]
  verbs: [patch, update]
- apiGroups: [multicluster.x-k8s.io]
  resources: [serviceimports]
  verbs: [get, list, watch]
- apiGroups: [sallyport.dev]
  resources: [egresses, gatewaytemplates]
  verbs: [get, list, watch]
- apiGroups: [sallyport.dev]
  resources: [egresses/status]
  verbs: [patch, update]
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses/status]
  verbs: [patch, update]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [configmaps, pods, secrets, services]
  verbs: [get, list, watch]
{{- end }}

{{- /* The Envoys of a Gateway run in its namespace and belong to it. */ -}}
{{- define "sallyport.infrastructureRules" -}}
- apiGroups: [""]
  resources: [configmaps, secrets, services]
  verbs: [create, patch, delete]
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get, list, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, create, patch, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, create, patch, delete]
# An owner reference that holds its owner back needs this where the API server checks owner references.
- apiGroups: [gateway.networking.k8s.io]
  resources: [gateways/finalizers]
  verbs: [update]
{{- end }}
