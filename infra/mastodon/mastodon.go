// Package mastodon runs the instance: its keys, its configuration as Kubernetes
// Secrets, the Jobs that migrate the database and publish the static files, and the
// official chart with web, streaming and Sidekiq.
//
// # Order
//
// The namespace and the Secrets come first, then two Jobs at once: the migrations
// that the new version needs, and the copy of its static files. Then the chart
// replaces the pods, and a last Job runs the migrations that the old version would
// not have survived. The Jobs are named after the image's tag, so an upgrade is a
// change of the tag, and runs each of them once. When one fails, what follows does
// not happen, and the instance goes on with the old version.
//
// # Traffic
//
// PostgreSQL is reached through the connection pool, by the Jobs directly; always
// with TLS, and the certificate is verified against the given authority. Valkey and
// OpenSearch are reached with TLS as well.
package mastodon

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Mastodon is a running instance.
type Mastodon struct {
	pulumi.ResourceState

	// WebURL is the address of the instance, "https://<domain>".
	WebURL pulumi.StringOutput `pulumi:"webUrl"`
	// StreamingURL is the address of the streaming API, "wss://<host>".
	StreamingURL pulumi.StringOutput `pulumi:"streamingUrl"`
	// Namespace that it runs in.
	Namespace pulumi.StringOutput `pulumi:"namespace"`
	// Version is the tag of the image.
	Version pulumi.StringOutput `pulumi:"version"`
	// VAPIDPublicKey is the public key of Web Push, which every browser gets to see.
	VAPIDPublicKey pulumi.StringOutput `pulumi:"vapidPublicKey"`
	// Ready is true once all pods are ready and all migrations are done.
	Ready pulumi.BoolOutput `pulumi:"ready"`
}

// New makes the instance. It needs Kubernetes, random and tls providers among the
// options.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Mastodon, error) {
	if err := args.validate(); err != nil {
		return nil, err
	}
	m := &Mastodon{}
	if err := ctx.RegisterComponentResource("vmst:mastodon:Mastodon", name, m, opts...); err != nil {
		return nil, fmt.Errorf("registering Mastodon %q: %w", name, err)
	}

	keys := args.Existing
	if keys == nil {
		var err error
		if keys, err = m.generate(ctx, name, args.Protect); err != nil {
			return nil, err
		}
	}
	podSecrets := args.podSecrets(keys)
	furniture, err := m.furnish(ctx, name, args, slices.Concat(podSecrets, args.jobSecrets(keys)))
	if err != nil {
		return nil, err
	}
	before := slices.Concat(furniture, args.After)
	migrated, err := m.migrateBefore(ctx, name, args, before)
	if err != nil {
		return nil, err
	}
	copied, err := m.copyAssets(ctx, name, args, before)
	if err != nil {
		return nil, err
	}
	sum := checksum(keys.SecretKeyBase, args.certificates(), podSecrets)
	chart, err := m.chart(ctx, name, args, sum, append(slices.Clone(before), migrated, copied))
	if err != nil {
		return nil, err
	}
	if err := m.budgets(ctx, name, args, furniture); err != nil {
		return nil, err
	}
	done, err := m.migrateAfter(ctx, name, args, []pulumi.Resource{chart})
	if err != nil {
		return nil, err
	}

	m.WebURL = pulumi.String(args.webURL()).ToStringOutput()
	m.StreamingURL = pulumi.String(args.streamingURL()).ToStringOutput()
	m.Namespace = pulumi.String(args.Namespace).ToStringOutput()
	m.Version = pulumi.String(args.Image.Tag).ToStringOutput()
	m.VAPIDPublicKey = pulumi.Unsecret(keys.VAPIDPublicKey.ToStringOutput()).(pulumi.StringOutput)
	m.Ready = done.ID().ApplyT(func(pulumi.ID) bool { return true }).(pulumi.BoolOutput)
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{
		"webUrl": m.WebURL, "streamingUrl": m.StreamingURL, "namespace": m.Namespace, "version": m.Version,
		"vapidPublicKey": m.VAPIDPublicKey, "ready": m.Ready,
	})
}
