// Package storage makes the object storage (Spaces): a bucket for uploaded media and one for Mastodon's static files,
// both behind the CDN under names of their own, and a bucket for backups in another region.
//
// Every bucket is private, which means that nobody can list it. What shall be read by everyone is uploaded with the
// object ACL "public-read", as Mastodon does it by itself (S3_PERMISSION). A bucket policy is no alternative:
// DigitalOcean does not combine policies with keys that are limited to a bucket (docs.digitalocean.com, "How to
// Configure Bucket Policies").
//
// # Order of DNS and CDN
//
// The zone has to exist before the certificates do, because Let's Encrypt asks for a record in it. The CNAME records of
// the CDN hosts should exist, too: DigitalOcean adds the CNAME of a custom domain to a zone that it serves where there
// is none yet (docs.digitalocean.com, "How to Customize the Spaces CDN Endpoint with a Subdomain"), and then refuses
// ours, since a CNAME shares its name with no other record. Settings.Entries says where the CNAME points before there
// is a bucket, and Args.CertificateAfter makes the CDN wait for it.
package storage

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vmstio/infrastructure/infra/internal/component"
	"github.com/vmstio/infrastructure/infra/internal/spaces"
	"github.com/vmstio/infrastructure/infra/settings"
)

// Args are the arguments of a Storage.
type Args struct {
	settings.Storage
	// Media, Assets and Backups are the names of the buckets, unique in all of Spaces, and of the keys that open one
	// bucket each. Changing one replaces the bucket; the old name stays blocked for a week or more.
	Media, Assets, Backups string
	// Delegated is whether the world asks DigitalOcean's name servers for the zone. Without that there are no
	// certificates, and so no CDN under names of its own.
	Delegated bool
	// Proofs are the tasks that write a mark into the bucket of the backups, which is to be deleted when it is too old.
	Proofs []settings.BackupTask
	// CertificateAfter are the DNS zone and the CNAME records of the CDN hosts.
	CertificateAfter []pulumi.Resource
	// Protect keeps the buckets. Keys, certificates and CDN endpoints can be made again.
	Protect bool
}

// Storage is the three buckets.
type Storage struct {
	pulumi.ResourceState

	// Media holds uploads and copies of remote media, Assets Mastodon's static files, and Backups, in another region,
	// backups.
	Media, Assets, Backups spaces.Bucket
	// Ready are the CDN endpoints, for whatever reads through them.
	Ready []pulumi.Resource
}

// New makes the storage. It needs a DigitalOcean provider with a Spaces key pair among the options: buckets are made
// through the S3 API, not with the token.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Storage, error) {
	if err := component.Require("storage", map[string]any{
		"Media": args.Media, "Assets": args.Assets, "Backups": args.Backups,
	}); err != nil {
		return nil, err
	}
	s := &Storage{}
	if err := ctx.RegisterComponentResource("vmst:storage:Storage", name, s, opts...); err != nil {
		return nil, fmt.Errorf("registering storage %q: %w", name, err)
	}
	media := spec{name: args.Media, region: args.Region, host: args.MediaHost, versioned: true}
	// Static files come out of Mastodon's image and can be uploaded again, so they need no versions.
	assets := spec{name: args.Assets, region: args.Region, host: args.AssetsHost}
	backups := spec{
		name: args.Backups, region: args.BackupRegion, versioned: true, days: args.BackupDays, proofs: args.Proofs,
	}
	var err error
	if s.Media, err = s.bucket(ctx, name+"-media", args, media); err != nil {
		return nil, err
	}
	if s.Assets, err = s.bucket(ctx, name+"-assets", args, assets); err != nil {
		return nil, err
	}
	if s.Backups, err = s.bucket(ctx, name+"-backups", args, backups); err != nil {
		return nil, err
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{
		"media": outputs(s.Media), "assets": outputs(s.Assets), "backups": outputs(s.Backups),
	})
}
