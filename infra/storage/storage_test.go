package storage_test

import (
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/internal/spaces"
	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/infra/storage"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	bucketType      = "digitalocean:index/spacesBucket:SpacesBucket"
	keyType         = "digitalocean:index/spacesKey:SpacesKey"
	corsType        = "digitalocean:index/spacesBucketCorsConfiguration:SpacesBucketCorsConfiguration"
	certificateType = "digitalocean:index/certificate:Certificate"
	cdnType         = "digitalocean:index/cdn:Cdn"
)

// program makes the storage after a zone.
func program(protect, delegated bool, made **storage.Storage) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		zone, err := digitalocean.NewDomain(ctx, "zone", &digitalocean.DomainArgs{Name: pulumi.String("example.com")})
		if err != nil {
			return err
		}
		*made, err = storage.New(ctx, "storage", &storage.Args{
			Storage: settings.Storage{
				Region: "nyc3", BackupRegion: "sfo3", MediaHost: "cdn.example.com", AssetsHost: "assets.example.com",
				CDNTTL: 3600, OldVersionDays: 30, BackupDays: 90,
			},
			Media: "media", Assets: "static", Backups: "backups", Delegated: delegated,
			Proofs: []settings.BackupTask{
				{Name: settings.DumpTask, AlarmDays: 2}, {Name: settings.RehearsalTask, AlarmDays: 9},
			},
			CertificateAfter: []pulumi.Resource{zone}, Protect: protect,
		})
		return err
	}
}

func run(t *testing.T) (*mocks.Recorder, *storage.Storage) {
	t.Helper()
	r := &mocks.Recorder{}
	var made *storage.Storage
	require.NoError(t, r.Run(program(true, true, &made)))
	return r, made
}

func TestStorageBuckets(t *testing.T) {
	t.Parallel()
	r, _ := run(t)
	require.Len(t, r.OfType(bucketType), 3)

	housekeeping := map[string]any{
		"id": "housekeeping", "enabled": true, "abortIncompleteMultipartUploadDays": 7.0,
		"noncurrentVersionExpiration": map[string]any{"days": 30.0},
		"expiration":                  map[string]any{"expiredObjectDeleteMarker": true},
	}
	expiry := func(id, prefix string, days float64) map[string]any {
		return map[string]any{
			"id": id, "prefix": prefix, "enabled": true, "expiration": map[string]any{"days": days},
		}
	}
	versioned := map[string]any{"enabled": true}

	media := r.One(t, bucketType, "storage-media")
	require.Contains(t, media.Parent, "vmst:storage:Storage::storage")
	require.Equal(t, map[string]any{
		"name": "media", "region": "nyc3", "acl": "private", "forceDestroy": false, "versioning": versioned,
		"lifecycleRules": []any{housekeeping},
	}, media.Inputs.Mappable())
	require.Equal(t, map[string]any{
		"name": "static", "region": "nyc3", "acl": "private", "forceDestroy": false,
		"lifecycleRules": []any{housekeeping},
	}, r.One(t, bucketType, "storage-assets").Inputs.Mappable())
	require.Equal(t, map[string]any{
		"name": "backups", "region": "sfo3", "acl": "private", "forceDestroy": false, "versioning": versioned,
		// In the order of the IDs, in which Spaces answers.
		"lifecycleRules": []any{
			expiry("expiry", "database/", 90), housekeeping,
			expiry("proven-dump", "proven/dump.prom", 2), expiry("proven-rehearsal", "proven/rehearsal.prom", 9),
		},
	}, r.One(t, bucketType, "storage-backups").Inputs.Mappable())
}

func TestStorageHasAPublicObjectToWatch(t *testing.T) {
	t.Parallel()
	r, _ := run(t)
	health := r.One(t, "digitalocean:index/spacesBucketObject:SpacesBucketObject", "storage-media-health")
	require.Equal(t, "media", health.Input("bucket"))
	require.Equal(t, "nyc3", health.Input("region"))
	require.Equal(t, settings.HealthKey, health.Input("key"))
	require.Equal(t, "public-read", health.Input("acl"))
}

func TestStorageKeysOpenOneBucketEach(t *testing.T) {
	t.Parallel()
	r, _ := run(t)
	require.Len(t, r.OfType(keyType), 3)
	for child, bucket := range map[string]string{"media": "media", "assets": "static", "backups": "backups"} {
		require.Equal(t, map[string]any{
			"name": bucket, "grants": []any{map[string]any{"bucket": bucket, "permission": "readwrite"}},
		}, r.One(t, keyType, "storage-"+child+"-key").Inputs.Mappable())
	}
}

func TestStoragePublishesMediaAndAssetsOnly(t *testing.T) {
	t.Parallel()
	r, _ := run(t)
	for _, typ := range []string{corsType, certificateType, cdnType} {
		require.Len(t, r.OfType(typ), 2, typ)
	}
	for _, p := range []struct{ child, bucket, host, certificate string }{
		{"media", "media", "cdn.example.com", "cdn-example-com"},
		{"assets", "static", "assets.example.com", "assets-example-com"},
	} {
		require.Equal(t, map[string]any{
			"bucket": p.bucket, "region": "nyc3",
			"corsRules": []any{map[string]any{
				"allowedOrigins": []any{"*"}, "allowedMethods": []any{"GET", "HEAD"},
				"allowedHeaders": []any{"*"}, "maxAgeSeconds": 86400.0,
			}},
		}, r.One(t, corsType, "storage-"+p.child+"-cors").Inputs.Mappable())

		certificate := r.One(t, certificateType, "storage-"+p.child+"-certificate")
		require.Equal(t, map[string]any{
			"name": p.certificate, "type": "lets_encrypt", "domains": []any{p.host},
		}, certificate.Inputs.Mappable())
		require.Contains(t, certificate.DependsOn, "urn:pulumi:test::vmst::digitalocean:index/domain:Domain::zone")
		require.Equal(t, map[string]string{"create": "70m"}, certificate.Timeouts, "longer than three tries take")

		require.Equal(t, map[string]any{
			"origin": p.bucket + ".nyc3.digitaloceanspaces.com", "customDomain": p.host,
			"certificateName": p.certificate, "ttl": 3600.0,
		}, r.One(t, cdnType, "storage-"+p.child+"-cdn").Inputs.Mappable())
	}
}

func TestStorageOutputs(t *testing.T) {
	t.Parallel()
	_, s := run(t)
	for child, want := range map[string]struct {
		bucket                       spaces.Bucket
		name, region, hostname, host string
	}{
		"media":   {s.Media, "media", "nyc3", "nyc3.digitaloceanspaces.com", "cdn.example.com"},
		"assets":  {s.Assets, "static", "nyc3", "nyc3.digitaloceanspaces.com", "assets.example.com"},
		"backups": {s.Backups, "backups", "sfo3", "sfo3.digitaloceanspaces.com", ""},
	} {
		b := want.bucket
		require.Equal(t, want.name, mocks.Value[string](t, b.Name))
		require.Equal(t, "do:space:"+want.name, mocks.Value[string](t, b.URN))
		require.Equal(t, "access-storage-"+child+"-key", mocks.Value[string](t, b.AccessKey))
		require.Equal(t, "secret-of-storage-"+child+"-key", mocks.Value[string](t, b.SecretKey))
		for field, output := range map[string]pulumi.Output{"name": b.Name, "URN": b.URN, "access key": b.AccessKey} {
			require.False(t, pulumi.IsSecret(output), field)
		}
		require.True(t, pulumi.IsSecret(b.SecretKey))
		require.Equal(t, []string{want.region, want.hostname, want.host}, []string{b.Region, b.Hostname(), b.Host})
	}
}

func TestStorageReplacesABucketThatIsRenamed(t *testing.T) {
	t.Parallel()
	r, _ := run(t)
	for _, bucket := range r.OfType(bucketType) {
		require.Equal(t, []string{"name"}, bucket.ReplaceOnChanges, bucket.Name)
	}
}

func TestStorageProtectsTheBuckets(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{true, false} {
		r := &mocks.Recorder{}
		require.NoError(t, r.Run(program(protect, true, new(*storage.Storage))))
		for _, res := range r.All() {
			want := protect && res.Type == bucketType
			require.Equal(t, want, res.Protect, res.Name)
			require.Equal(t, want, res.RetainOnDelete, res.Name)
		}
	}
}

func TestStoragePreview(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(program(true, true, new(*storage.Storage))))
	require.Nil(t, r.One(t, cdnType, "storage-media-cdn").Input("origin"), "unknown in a preview")
}

// A zone that the world does not see gets no certificate: everything but what needs one is made.
func TestStorageOfAZoneThatIsNotDelegated(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	var made *storage.Storage
	require.NoError(t, r.Run(program(true, false, &made)))
	require.Empty(t, r.OfType(certificateType))
	require.Empty(t, r.OfType(cdnType))
	require.Len(t, r.OfType(bucketType), 3)
	require.Len(t, r.OfType(corsType), 2)
	require.Empty(t, made.Ready)
	require.Equal(t, "cdn.example.com", made.Media.Host, "it will be there, and is what Mastodon links to")
}

func TestStorageReturnsFailures(t *testing.T) {
	t.Parallel()
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} },
		program(true, true, new(*storage.Storage)))
}

func TestStorageWithoutItsArguments(t *testing.T) {
	t.Parallel()
	r := &mocks.Recorder{}
	require.ErrorContains(t, r.Run(func(ctx *pulumi.Context) error {
		_, err := storage.New(ctx, "storage", &storage.Args{})
		return err
	}), "storage arguments: Assets, Backups, Media missing")
	require.Empty(t, r.All())
}

// Whatever reads through the CDN waits for its endpoints, and not for the buckets alone.
func TestStorageIsReadyWithTheCDN(t *testing.T) {
	t.Parallel()
	_, s := run(t)
	var ready []string
	for _, res := range s.Ready {
		ready = append(ready, string(mocks.Value[pulumi.URN](t, res.URN())))
	}
	require.Len(t, ready, 2)
	require.Contains(t, ready[0], cdnType+"::storage-media-cdn")
	require.Contains(t, ready[1], cdnType+"::storage-assets-cdn")
}
