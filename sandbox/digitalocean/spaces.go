package digitalocean

import (
	"crypto/md5" //nolint:gosec // S3's ETag is the MD5 of the content
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/pulumi/pulumi-digitalocean/sdk/v4/go/digitalocean"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	sim "github.com/vmstio/infrastructure/sandbox/provider"
)

const (
	// written marks a bucket to which somebody else has a key that may write.
	written = "__written"
	// typeBlocked is the name of a deleted bucket, which stays blocked for weeks (infra/settings, bucketSuffix); nobody
	// says how many.
	typeBlocked = "digitalocean:index/spacesBucket:BlockedName"
	blocked     = 14 * 24 * time.Hour
)

func spacesResources() map[string]sim.Resource {
	region := inRegion(func(r catalogue.Region) bool { return r.Spaces })
	acl, positive := []sim.Check{sim.OneOf("private", "public-read")}, []sim.Check{sim.Between(1, 1<<31)}
	methods := []sim.Check{sim.OneOf("GET", "PUT", "DELETE", "HEAD", "POST")}
	return map[string]sim.Resource{
		typeBucket: sim.From(sdk.SpacesBucketArgs{}, sdk.SpacesBucket{}, sim.Rules{
			AutoNamed: "name", Required: "corsRules.allowedMethods corsRules.allowedOrigins", Replaces: "region",
			Computed: "lifecycleRules.id",
			Defaults: map[string]any{
				"region": "nyc3", "acl": "private", "forceDestroy": false, "versioning.enabled": false,
			},
			Checks: map[string][]sim.Check{
				"name": {matches(`[a-z0-9][a-z0-9-]{1,61}[a-z0-9]`,
					"3 to 63 lower-case letters, digits and dashes, and neither begin nor end with a dash")},
				"region": region, "acl": acl, "corsRules.allowedMethods[]": methods,
				"lifecycleRules.id": {longest(255)}, "lifecycleRules.expiration.days": {sim.Between(0, 1<<31)},
				"lifecycleRules.prefix": {passes(func(text string) bool { return !strings.HasPrefix(text, "/") },
					"without a slash in front")},
				"lifecycleRules.abortIncompleteMultipartUploadDays": positive,
				"lifecycleRules.noncurrentVersionExpiration.days":   positive,
			},
		}, sim.Resource{Check: checkBucket, Create: createBucket, Update: updateBucket, Delete: deleteBucket}),
		typeCors: sim.From(sdk.SpacesBucketCorsConfigurationArgs{}, sdk.SpacesBucketCorsConfiguration{}, sim.Rules{
			Required: "corsRules corsRules.allowedMethods corsRules.allowedOrigins", Replaces: "region",
			Checks: map[string][]sim.Check{
				"region": region, "corsRules.allowedMethods[]": methods, "corsRules.id": {longest(255)},
			},
		}, sim.Resource{
			Create: func(call sim.Call, state sim.State) (string, error) {
				return state.String("bucket"), corsBucket(call, state)
			},
			Update: func(call sim.Call, _ string, _, state sim.State) error { return corsBucket(call, state) },
		}),
		typeSpacesKey: sim.From(sdk.SpacesKeyArgs{}, sdk.SpacesKey{}, sim.Rules{
			AutoNamed: "name", Unordered: "grants", Secret: "secretKey",
			Checks: map[string][]sim.Check{"grants.permission": {sim.OneOf("read", "readwrite", "fullaccess")}},
		}, sim.Resource{
			Check: checkGrants, Create: createSpacesKey,
			Update: func(call sim.Call, _ string, _, state sim.State) error { return grantedBuckets(call, state) },
		}),
		typeObject: sim.From(sdk.SpacesBucketObjectArgs{}, sdk.SpacesBucketObject{}, sim.Rules{
			Replaces: "region bucket key", Computed: "contentType etag",
			Defaults: map[string]any{"acl": "private", "forceDestroy": false},
			Checks:   map[string][]sim.Check{"region": region, "acl": acl},
		}, sim.Resource{
			Create: func(call sim.Call, state sim.State) (string, error) {
				// The real ID is the key alone, of which every bucket can have one.
				return state.String("bucket") + "/" + state.String("key"), putObject(call, state)
			},
			Update: func(call sim.Call, _ string, _, state sim.State) error { return putObject(call, state) },
		}),
	}
}

// checkBucket wants every lifecycle rule to do something; the S3 interface calls one that does not malformed.
func checkBucket(s sim.State) []error {
	var errs []error
	for i, rule := range s.Objects("lifecycleRules") {
		if !rule.Has("expiration") && !rule.Has("noncurrentVersionExpiration") &&
			!rule.Has("abortIncompleteMultipartUploadDays") {
			errs = append(errs, fmt.Errorf("lifecycleRules[%d]: must have expiration, noncurrentVersionExpiration or "+
				"abortIncompleteMultipartUploadDays", i))
		}
	}
	return errs
}

func createBucket(call sim.Call, state sim.State) (string, error) {
	name, region := state.String("name"), state.String("region")
	if _, taken := call.Get(typeBucket, name); taken {
		return "", refuse(409, "BucketAlreadyExists: a bucket with name %q exists", name)
	}
	former, _ := call.Get(typeBlocked, name)
	until := sim.State(former.Outputs).String("until")
	if end, err := time.Parse(time.RFC3339, until); err == nil && call.Now().Before(end) {
		return "", refuse(409, "BucketAlreadyExists: name %q is that of a deleted bucket and blocked until %s; "+
			"another storage.bucketSuffix makes another name", name, until)
	}
	settleRules(state)
	state.Merge(sim.State{
		"bucketDomainName": name + "." + region + ".digitaloceanspaces.com",
		"endpoint":         region + ".digitaloceanspaces.com",
		"bucketUrn":        "do:space:" + name,
	})
	return name, nil
}

// updateBucket refuses a new name: the Terraform provider does not replace the bucket then, and asks for one that does
// not exist.
func updateBucket(_ sim.Call, _ string, before, state sim.State) error {
	if state.String("name") != before.String("name") {
		return refuse(404, "NoSuchBucket: bucket %q cannot be renamed to %q",
			before.String("name"), state.String("name"))
	}
	settleRules(state)
	return nil
}

// settleRules gives the lifecycle rules IDs that have none, and the order in which Spaces answers with them: it is
// built with Ceph, which keeps them by ID (RGWLifecycleConfiguration), while the provider's list has an order.
func settleRules(state sim.State) {
	rules := state.Objects("lifecycleRules")
	for _, rule := range rules {
		rule.SetDefault("id", "tf-s3-lifecycle-"+newID())
	}
	slices.SortFunc(rules, func(a, b sim.State) int { return strings.Compare(a.String("id"), b.String("id")) })
	if len(rules) > 0 {
		sorted := make([]any, len(rules))
		for i, rule := range rules {
			sorted[i] = rule
		}
		state["lifecycleRules"] = sorted
	}
}

// bucketOf finds the bucket of something, and refuses one in another region.
func bucketOf(call sim.Call, state sim.State) (sim.State, error) {
	name, region := state.String("bucket"), state.String("region")
	bucket, err := find(call, typeBucket, "bucket", name)
	if err == nil && bucket.String("region") != region {
		err = refuse(404, "NoSuchBucket: bucket %q is in region %s, not in %s", name, bucket.String("region"), region)
	}
	return bucket, err
}

func corsBucket(call sim.Call, state sim.State) error {
	_, err := bucketOf(call, state)
	return err
}

// checkGrants keeps full access, which is to all buckets, apart from access to one.
func checkGrants(s sim.State) []error {
	if !s.Known("grants") {
		return nil
	}
	var errs []error
	for i, grant := range s.Objects("grants") {
		if full := grant.String("permission") == "fullaccess"; full != (grant.String("bucket") == "") {
			errs = append(errs, fmt.Errorf("grants[%d]: permission fullaccess is for all buckets and goes with an "+
				"empty bucket name; use read or readwrite for one bucket", i))
		}
	}
	return errs
}

// grantedBuckets refuses buckets that do not exist. Whoever gets a key that may write to one, writes: Mastodon fills
// its buckets behind the back of whoever made them.
func grantedBuckets(call sim.Call, state sim.State) error {
	for _, grant := range state.Objects("grants") {
		if grant.String("bucket") == "" {
			continue
		}
		bucket, ok := call.Get(typeBucket, grant.String("bucket"))
		if !ok {
			return refuse(404, "bucket %q does not exist", grant.String("bucket"))
		}
		if grant.String("permission") == "readwrite" {
			bucket.Outputs[written] = true
			if err := call.Put(bucket); err != nil {
				return err
			}
		}
	}
	return nil
}

func createSpacesKey(call sim.Call, state sim.State) (string, error) {
	if err := errors.Join(
		atMost(200, len(call.List(typeSpacesKey)), "Spaces keys"), grantedBuckets(call, state),
	); err != nil {
		return "", err
	}
	id, secret := "DO00"+rand.Text()[:16], (rand.Text() + rand.Text())[:43]
	state.Merge(sim.State{"accessKey": id, "secretKey": secret, "createdAt": timestamp(call)})
	return id, nil
}

// deleteBucket refuses to delete a bucket that holds objects, unless it was told to delete them as well.
func deleteBucket(call sim.Call, id string, bucket sim.State) error {
	if !bucket.Bool("forceDestroy") {
		for _, object := range having(call, typeObject, "bucket", id) {
			return refuse(409, "BucketNotEmpty: bucket %q holds object %q; forceDestroy deletes a bucket with its "+
				"objects", id, object.String("key"))
		}
		if bucket.Bool(written) {
			return refuse(409, "BucketNotEmpty: bucket %q holds what was written with a key to it; forceDestroy "+
				"deletes a bucket with its objects", id)
		}
	}
	return errors.Join(deleteAll(call, typeObject, "bucket", id), call.Put(cloud.Object{
		Type: typeBlocked, ID: id, Outputs: sim.State{"until": call.Now().Add(blocked).Format(time.RFC3339)},
	}))
}

// putObject stores the object, which is known by its checksum. Content from a file or in base64 is not simulated.
func putObject(call sim.Call, state sim.State) error {
	bucket, err := bucketOf(call, state)
	if err != nil {
		return err
	}
	sum := md5.Sum([]byte(state.String("content"))) //nolint:gosec // as above
	state.Merge(sim.State{"etag": hex.EncodeToString(sum[:]), "versionId": ""})
	state.SetDefault("contentType", "binary/octet-stream")
	if bucket.Object("versioning").Bool("enabled") {
		state["versionId"] = newID()
	}
	return nil
}
