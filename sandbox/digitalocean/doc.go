// Package digitalocean simulates the Pulumi provider "digitalocean" and as much of the DigitalOcean API behind it as a
// Mastodon instance uses: networks, Kubernetes clusters, managed databases, Spaces, CDN, certificates, load balancers,
// DNS, monitoring and projects.
//
// Property types, defaults and the properties that replace a resource are those of pulumi-digitalocean v4.57 and of the
// Terraform provider that it is made from. What the API refuses is an error here too, with the API's status code and
// what is allowed; values that are wrong by themselves are refused earlier than in reality, by Check, so that a preview
// shows them.
//
// Not simulated: the contents of databases, and of buckets beyond the objects that Pulumi puts there (a bucket that an
// instance has filled counts as empty when it is deleted), quotas and prices,
// eventual consistency, the verification of email addresses and domains, and the environment variables from which the
// real provider reads credentials. DigitalOcean's announced end of standbys on standard PostgreSQL plans (30 November
// 2026) is not applied, since the same program would then work one day and fail the next.
//
// Keys that begin with two underscores in an object's outputs are the simulation's own and never leave the cloud:
// "__cluster" names the Kubernetes cluster that made a load balancer.
package digitalocean
