// Package kubernetes simulates the Pulumi Kubernetes provider and the clusters it talks to.
//
// # What it knows
//
// Resources are "kubernetes:<group>/<version>:<Kind>" for every kind of the Kubernetes API that client-go knows, custom
// resource definitions, the kinds of cert-manager, and any kind whose definition exists in the cluster; further
// "kubernetes:helm.sh/v3:Release" and the remote component "kubernetes:helm.sh/v4:Chart".
//
// Inputs are decoded strictly into the Go types of the API and checked as the API server checks them, as far as
// validate.go goes. Objects live in [cloud.Cloud] under their Pulumi type and the provider's ID "namespace/name". Two
// private outputs go with each: "__cluster", the ID of the cluster it lives in, and "__release", the Helm release that
// owns it.
//
// A cluster is an object of type "digitalocean:index/kubernetesCluster:KubernetesCluster" whose endpoint is the server
// of the provider's kubeconfig. Controllers act at once when an object is written: workloads become ready when the
// cluster has nodes and what their pods refer to exists, Jobs complete, Services of type LoadBalancer get or adopt a
// DigitalOcean load balancer, an Ingress gets the address of its class's controller, cert-manager issues certificates.
//
// # What it does not
//
// Containers do not run, capacity and scheduling are not considered, defaults that the API server writes are filled in
// only where something reads them, admission webhooks, quotas and permissions are not simulated, field managers and
// server-side apply conflicts neither. Finished Jobs stay whatever their ttlSecondsAfterFinished, an Ingress's
// annotations make no certificates, and a change of one object does not make another unready that was ready. Custom
// resources other than cert-manager's are not checked against their schema. Of Helm's options that change how an
// upgrade merges values (reuseValues, resetValues) or post-process the chart (postrender) none is simulated, nor is the
// lookup function of templates.
package kubernetes
