package rooms_test

import (
	"sync"
	"testing"

	"github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/storage"
	"github.com/vmstio/infrastructure/tests/mocks"
)

const (
	storageType            = "vmst:storage:Storage"
	storageBucketType      = "digitalocean:index/spacesBucket:SpacesBucket"
	storageKeyType         = "digitalocean:index/spacesKey:SpacesKey"
	storageCorsType        = "digitalocean:index/spacesBucketCorsConfiguration:SpacesBucketCorsConfiguration"
	storageCertificateType = "digitalocean:index/certificate:Certificate"
	storageCDNType         = "digitalocean:index/cdn:Cdn"
)

func storageArgs() storage.Args {
	return storage.Args{
		Region: "nyc3", BackupRegion: "sfo3",
		Media:     storage.BucketArgs{Name: "media", KeyName: "media-key"},
		Assets:    storage.BucketArgs{Name: "static", KeyName: "static-key"},
		Backups:   storage.BucketArgs{Name: "backups", KeyName: "backups-key"},
		MediaHost: "cdn.example.com", AssetsHost: "assets.example.com", WebOrigin: "https://example.com",
		CDNTTL: 3600, OldVersionDays: 30, BackupDays: 90, Protect: true,
	}
}

// storageProgram makes the storage after a zone; see is shown the result.
func storageProgram(args storage.Args, see func(*storage.Storage)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		zone, err := digitalocean.NewDomain(ctx, "zone", &digitalocean.DomainArgs{Name: pulumi.String("example.com")})
		if err != nil {
			return err
		}
		args.CertificateAfter = []pulumi.Resource{zone}
		s, err := storage.New(ctx, "storage", &args)
		if err == nil && see != nil {
			see(s)
		}
		return err
	}
}

func TestStorageBuckets(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(storageProgram(storageArgs(), nil)))
	require.Len(t, r.OfType(storageBucketType), 3)

	housekeeping := map[string]any{
		"id": "housekeeping", "enabled": true, "abortIncompleteMultipartUploadDays": 7.0,
		"noncurrentVersionExpiration": map[string]any{"days": 30.0},
		"expiration":                  map[string]any{"expiredObjectDeleteMarker": true},
	}
	expiry := map[string]any{"id": "expiry", "enabled": true, "expiration": map[string]any{"days": 90.0}}
	versioned := map[string]any{"enabled": true}

	media := r.One(t, storageBucketType, "storage-media")
	require.Contains(t, media.Parent, storageType+"::storage")
	require.Equal(t, map[string]any{
		"name": "media", "region": "nyc3", "acl": "private", "versioning": versioned, "lifecycleRules": []any{housekeeping},
	}, media.Inputs.Mappable())
	require.Equal(t, map[string]any{
		"name": "static", "region": "nyc3", "acl": "private", "lifecycleRules": []any{housekeeping},
	}, r.One(t, storageBucketType, "storage-assets").Inputs.Mappable())
	require.Equal(t, map[string]any{
		"name": "backups", "region": "sfo3", "acl": "private", "versioning": versioned, "lifecycleRules": []any{housekeeping, expiry},
	}, r.One(t, storageBucketType, "storage-backups").Inputs.Mappable())
}

func TestStorageHasAPublicObjectToWatch(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(storageProgram(storageArgs(), nil)))
	health := r.One(t, "digitalocean:index/spacesBucketObject:SpacesBucketObject", "storage-media-health")
	require.Equal(t, "media", health.Input("bucket"))
	require.Equal(t, "nyc3", health.Input("region"))
	require.Equal(t, storage.HealthKey, health.Input("key"))
	require.Equal(t, "public-read", health.Input("acl"))
}

func TestStorageKeysOpenOneBucketEach(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(storageProgram(storageArgs(), nil)))
	require.Len(t, r.OfType(storageKeyType), 3)
	for child, bucket := range map[string]string{"media": "media", "assets": "static", "backups": "backups"} {
		require.Equal(t, map[string]any{
			"name":   bucket + "-key",
			"grants": []any{map[string]any{"bucket": bucket, "permission": "readwrite"}},
		}, r.One(t, storageKeyType, "storage-"+child+"-key").Inputs.Mappable())
	}
}

func TestStoragePublishesMediaAndAssetsOnly(t *testing.T) {
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(storageProgram(storageArgs(), nil)))
	for _, typ := range []string{storageCorsType, storageCertificateType, storageCDNType} {
		require.Len(t, r.OfType(typ), 2, typ)
	}
	for _, p := range []struct{ child, bucket, host, certificate string }{
		{"media", "media", "cdn.example.com", "cdn-example-com"},
		{"assets", "static", "assets.example.com", "assets-example-com"},
	} {
		require.Equal(t, map[string]any{
			"bucket": p.bucket, "region": "nyc3",
			"corsRules": []any{map[string]any{
				"allowedOrigins": []any{"https://example.com"}, "allowedMethods": []any{"GET", "HEAD"},
				"allowedHeaders": []any{"*"}, "maxAgeSeconds": 86400.0,
			}},
		}, r.One(t, storageCorsType, "storage-"+p.child+"-cors").Inputs.Mappable())

		certificate := r.One(t, storageCertificateType, "storage-"+p.child+"-certificate")
		require.Equal(t, map[string]any{
			"name": p.certificate, "type": "lets_encrypt", "domains": []any{p.host},
		}, certificate.Inputs.Mappable())
		require.Contains(t, certificate.DependsOn, "urn:pulumi:test::vmst::digitalocean:index/domain:Domain::zone")

		cdn := r.One(t, storageCDNType, "storage-"+p.child+"-cdn")
		require.Equal(t, map[string]any{
			"origin": p.bucket + ".nyc3.digitaloceanspaces.com", "customDomain": p.host,
			"certificateName": p.certificate, "ttl": 3600.0,
		}, cdn.Inputs.Mappable())
	}
}

func TestStorageOutputs(t *testing.T) {
	got, secret := map[string]any{}, map[string]bool{}
	var s *storage.Storage
	r := &mocks.Recorder{}
	require.NoError(t, r.Run(storageProgram(storageArgs(), func(made *storage.Storage) {
		s = made
		for name, b := range map[string]storage.Bucket{"media": s.Media, "assets": s.Assets, "backups": s.Backups} {
			for field, output := range map[string]pulumi.Output{
				"name": b.Name, "urn": b.URN, "access": b.AccessKey, "secret": b.SecretKey,
			} {
				if pulumi.IsSecret(output) {
					secret[name+" "+field] = true
				}
				value := make(chan any, 1)
				output.ApplyT(func(v any) any { value <- v; return v })
				got[name+" "+field] = <-value
			}
		}
	})))
	require.Equal(t, map[string]bool{"media secret": true, "assets secret": true, "backups secret": true}, secret)
	require.Equal(t, map[string]any{
		"media name": "media", "media urn": "do:space:media",
		"media access": "access-storage-media-key", "media secret": "secret-of-storage-media-key",
		"assets name": "static", "assets urn": "do:space:static",
		"assets access": "access-storage-assets-key", "assets secret": "secret-of-storage-assets-key",
		"backups name": "backups", "backups urn": "do:space:backups",
		"backups access": "access-storage-backups-key", "backups secret": "secret-of-storage-backups-key",
	}, got)

	type place struct{ region, hostname, endpoint, host, cdn string }
	where := func(b storage.Bucket) place { return place{b.Region, b.Hostname, b.Endpoint, b.Host, b.CDNEndpoint} }
	require.Equal(t, place{
		"nyc3", "nyc3.digitaloceanspaces.com", "https://nyc3.digitaloceanspaces.com",
		"cdn.example.com", "media.nyc3.cdn.digitaloceanspaces.com",
	}, where(s.Media))
	require.Equal(t, place{
		"nyc3", "nyc3.digitaloceanspaces.com", "https://nyc3.digitaloceanspaces.com",
		"assets.example.com", "static.nyc3.cdn.digitaloceanspaces.com",
	}, where(s.Assets))
	require.Equal(t, place{
		"sfo3", "sfo3.digitaloceanspaces.com", "https://sfo3.digitaloceanspaces.com", "", "",
	}, where(s.Backups))
	require.Equal(t, s.Media.CDNEndpoint, storage.CDNEndpoint("media", "nyc3"))
}

// storageMonitor notes the properties whose change replaces a resource.
type storageMonitor struct {
	*mocks.Recorder
	mu       sync.Mutex
	replaces map[string][]string
}

func (m *storageMonitor) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	m.mu.Lock()
	m.replaces[args.Name] = args.RegisterRPC.GetReplaceOnChanges()
	m.mu.Unlock()
	return m.Recorder.NewResource(args)
}

func TestStorageReplacesABucketThatIsRenamed(t *testing.T) {
	m := &storageMonitor{Recorder: &mocks.Recorder{}, replaces: map[string][]string{}}
	require.NoError(t, pulumi.RunErr(storageProgram(storageArgs(), nil), pulumi.WithMocks("vmst", "test", m)))
	for _, bucket := range []string{"storage-media", "storage-assets", "storage-backups"} {
		require.Equal(t, []string{"name"}, m.replaces[bucket], bucket)
	}
}

func TestStorageProtectsTheBuckets(t *testing.T) {
	for _, protect := range []bool{true, false} {
		args := storageArgs()
		args.Protect = protect
		r := &mocks.Recorder{}
		require.NoError(t, r.Run(storageProgram(args, nil)))
		for _, res := range r.All() {
			want := protect && res.Type == storageBucketType
			require.Equal(t, want, res.Protect, res.Name)
			require.Equal(t, want, res.RetainOnDelete, res.Name)
		}
	}
}

func TestStoragePreview(t *testing.T) {
	r := &mocks.Recorder{Preview: true}
	require.NoError(t, r.Run(storageProgram(storageArgs(), nil)))
	require.Nil(t, r.One(t, storageCDNType, "storage-media-cdn").Input("origin"), "unknown in a preview")
}

func TestStorageReturnsFailures(t *testing.T) {
	mocks.RequireFailure(t, func() *mocks.Recorder { return &mocks.Recorder{} }, storageProgram(storageArgs(), nil))
}

func TestStorageRefusesBadArguments(t *testing.T) {
	r := &mocks.Recorder{}
	err := r.Run(storageProgram(storage.Args{
		Media: storage.BucketArgs{Name: "Media!"}, MediaHost: "CDN", WebOrigin: "https://example.com/", CDNTTL: 5,
	}, nil))
	for _, problem := range []string{
		"storage arguments: ", "Region is missing", "BackupRegion is missing",
		`Media.Name "Media!" is not 3 to 63 lower-case letters`, "Media.KeyName is missing",
		`Assets.Name "" is not`, "Assets.KeyName is missing", `Backups.Name "" is not`, "Backups.KeyName is missing",
		`MediaHost "CDN" is not a lower-case host name`, `AssetsHost "" is not a lower-case host name`,
		`WebOrigin "https://example.com/" is not of the form https://<domain>`,
		"CDNTTL 5 is none of [60 600 3600 86400 604800] seconds",
		"OldVersionDays 0 is not positive", "BackupDays 0 is not positive",
	} {
		require.ErrorContains(t, err, problem)
	}
	require.Empty(t, r.OfType(storageType))
	require.Empty(t, r.OfType(storageBucketType))

	args := storageArgs()
	args.BackupRegion, args.AssetsHost, args.Backups.Name = "nyc3", args.MediaHost, args.Media.Name
	err = (&mocks.Recorder{}).Run(storageProgram(args, nil))
	require.ErrorContains(t, err, `BackupRegion "nyc3" is also Region`)
	require.ErrorContains(t, err, `AssetsHost "cdn.example.com" is also MediaHost`)
	require.ErrorContains(t, err, `Backups.Name "media" is also Media.Name`)
}
