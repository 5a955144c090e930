// Package kubernetes simulates the Pulumi Kubernetes provider and the clusters it talks to.
//
// # What is real
//
// What the API server decides about an object is decided by its own code (package apiserver): fields and types,
// defaults, validation, immutable fields, field managers with their conflicts, the schemas of custom resources and pod
// security. A preview asks it, too, where the real provider does. Releases are installed, upgraded, rolled back and
// uninstalled by Helm's own actions, hooks included, on its storage in memory (helmclient.go is the cluster as Helm
// sees it).
//
// # What is simulated
//
// Resources are "kubernetes:<group>/<version>:<Kind>" for every kind of the Kubernetes API, the kinds of cert-manager,
// and any kind whose definition exists in the cluster; further "kubernetes:helm.sh/v3:Release" and the remote component
// "kubernetes:helm.sh/v4:Chart".
//
// Objects live in [cloud.Cloud] under their Pulumi type and the provider's ID "namespace/name". Private outputs go with
// each: "__cluster", the ID of the cluster it lives in, "__release", the Helm release that owns it, and with a release
// "__history", its revisions.
//
// A cluster is an object of type "digitalocean:index/kubernetesCluster:KubernetesCluster" whose endpoint is the server
// of the provider's kubeconfig. Controllers act at once when an object is written: workloads become ready when the
// cluster has nodes, the namespace allows their pods and what these refer to exists, Jobs complete, Services of type
// LoadBalancer get or adopt a DigitalOcean load balancer, an Ingress gets the address of its class's controller,
// cert-manager issues certificates. A Job fails when the trusted sources of a database that its variables name leave
// out the addresses of the pods.
//
// # What it does not
//
// Containers do not run, capacity and scheduling are not considered, quotas and permissions are not simulated, and of
// admission webhooks there are cert-manager's and DigitalOcean's alone. Finished Jobs stay whatever their
// ttlSecondsAfterFinished, an Ingress's annotations make no certificates, and a change of one object does not make
// another unready that was ready. The lookup function of Helm's templates finds nothing, and charts are not
// post-rendered.
package kubernetes
