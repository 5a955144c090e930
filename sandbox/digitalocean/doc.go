// Package digitalocean simulates the Pulumi provider "digitalocean" and as much of the DigitalOcean API behind it as a
// Mastodon instance uses: networks, Kubernetes clusters, managed databases, Spaces, CDN, certificates, load balancers,
// DNS, monitoring and projects.
//
// Properties and their types come from pulumi-digitalocean v4.77; defaults, timeouts and the properties that replace a
// resource are those of the Terraform provider that it is made from (v2.97). What DigitalOcean offers is what
// infra/catalogue says. What the API refuses is an error here too, with the API's status code and what is allowed;
// values that are wrong by themselves are refused earlier than in reality, by Check, so that a preview shows them.
//
// Not simulated: what an instance has no use for, such as global and internal load balancers, certificates that
// somebody brings along, and the credentials in a cluster's kubeConfigs, which expire (infra/cluster has doctl fetch
// them); the contents of databases, and of buckets beyond what Pulumi puts there and the fact that whoever has a key
// that may write has written; who can connect to a database; prices; what differs from account to account, other than
// [Options].NewAccount; eventual consistency; and the environment variables from which the real provider reads
// credentials.
//
// Keys that begin with two underscores in an object's outputs are the simulation's own and never leave the cloud:
// "__cluster" names the Kubernetes cluster that made a load balancer, "__ca" holds an authority, "__written" marks a
// bucket that somebody has a key to write to, and "__occupied" is until when nodes of a deleted cluster are in a VPC.
package digitalocean
