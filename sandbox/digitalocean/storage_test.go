package digitalocean_test

import (
	"testing"
)

func TestBucket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := with(goodBucket, inputs{
		"versioning": map[string]any{"enabled": true},
		"lifecycleRules": []any{
			map[string]any{"enabled": true, "noncurrentVersionExpiration": map[string]any{"days": 30}},
		},
	})
	b := w.Create(bucket, "b", good)
	for key, want := range map[string]any{
		"acl": "private", "forceDestroy": false, "bucketDomainName": "media.nyc3.digitaloceanspaces.com",
		"endpoint": "nyc3.digitaloceanspaces.com", "bucketUrn": "do:space:media",
	} {
		if b.Get(key) != want {
			t.Errorf("%s = %v, want %v", key, b.Get(key), want)
		}
	}
	if id := b.Get("lifecycleRules").([]any)[0].(map[string]any)["id"]; id == nil {
		t.Error("the lifecycle rule got no ID")
	}
	if unset := w.Create(bucket, "default", inputs{"name": "default"}); unset.Text("region") != "nyc3" {
		t.Errorf("default region %q", unset.Text("region"))
	}
	steady(w, b)
	diffs(t, w, b, good, map[string]inputs{
		"region update-replace":     {"region": "ams3"},
		"acl update":                {"acl": "public-read"},
		"versioning.enabled update": {"versioning": map[string]any{"enabled": false}},
		"lifecycleRules[0].noncurrentVersionExpiration.days update": {
			"lifecycleRules": []any{
				map[string]any{"enabled": true, "noncurrentVersionExpiration": map[string]any{"days": 7}},
			},
		},
	})
	refuses(t, w, bucket, with(good, inputs{"name": "other"}), map[string]refusal{
		"region": {
			inputs{"region": "nyc1"}, `region = "nyc1": must be one of ams3, atl1, blr1, fra1, lon1, nyc3, sfo2`,
		},
		"taken": {inputs{"name": "media"}, "409: BucketAlreadyExists"},
		"name":  {inputs{"name": "Media_Files"}, "lower-case letters, digits and dashes"},
		"dash":  {inputs{"name": "media-"}, "neither begin nor end with a dash"},
		"acl":   {inputs{"acl": "public"}, "must be one of private, public-read"},
		"lifecycle": {
			inputs{"lifecycleRules": []any{map[string]any{"enabled": true}}}, "lifecycleRules[0]: must have expiration",
		},
		"prefix": {
			inputs{"lifecycleRules": []any{
				map[string]any{"enabled": true, "prefix": "/x", "expiration": map[string]any{"days": 1}},
			}},
			"must be without a slash in front",
		},
	})
	_, err := w.Update(b, with(good, inputs{"name": "renamed"}))
	w.Refused(err, "cannot be renamed")
	w.Edit(b, func(outputs map[string]any) { outputs["acl"] = "public-read" })
	if _, drift, _ := w.Refresh(b); drift != "acl update" {
		t.Errorf("drift is %q", drift)
	}
}

func TestBucketAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Create(bucket, "b", goodBucket)
	goodCors := inputs{"bucket": "media", "region": "nyc3", "corsRules": []any{map[string]any{
		"allowedMethods": []any{"GET"}, "allowedOrigins": []any{"https://example.com"},
	}}}
	c := w.Create(cors, "c", goodCors)
	diffs(t, w, c, goodCors, map[string]inputs{
		"region update-replace": {"region": "ams3"}, "bucket update": {"bucket": "other"},
	})
	refuses(t, w, cors, goodCors, map[string]refusal{
		"bucket": {inputs{"bucket": "none"}, `bucket "none" does not exist`},
		"region": {inputs{"region": "ams3"}, `NoSuchBucket: bucket "media" is in region nyc3, not in ams3`},
		"method": {
			inputs{"corsRules": []any{map[string]any{"allowedMethods": []any{"PATCH"}, "allowedOrigins": []any{"*"}}}},
			"must be one of GET, PUT, DELETE, HEAD, POST",
		},
	})
	grant := func(bucket, permission string) inputs {
		return inputs{"name": "k", "grants": []any{map[string]any{"bucket": bucket, "permission": permission}}}
	}
	k := w.Create(spacesKey, "k", grant("media", "readwrite"))
	secrets(w, k, "secretKey")
	if id := k.Text("accessKey"); id != k.ID || len(id) != 20 || len(k.Text("secretKey")) != 43 {
		t.Errorf("access key %q", id)
	}
	w.Create(spacesKey, "full", grant("", "fullaccess"))
	steady(w, c, k)
	refuses(t, w, spacesKey, inputs{}, map[string]refusal{
		"bucket":     {grant("none", "read"), `bucket "none" does not exist`},
		"permission": {grant("media", "write"), "must be one of read, readwrite, fullaccess"},
		"full":       {grant("media", "fullaccess"), "goes with an empty bucket name"},
		"all":        {grant("", "read"), "use read or readwrite for one bucket"},
	})
	_, err := w.Update(k, grant("none", "read"))
	w.Refused(err, "does not exist")
}

func TestCdn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Create(bucket, "b", goodBucket)
	w.Create(bucket, "assets", inputs{"name": "assets"})
	w.Create(domain, "d", inputs{"name": "example.com"})
	goodCertificate := inputs{"name": "cdn", "type": "lets_encrypt", "domains": []any{"cdn.example.com"}}
	cert := w.Create(certificate, "c", goodCertificate)
	if cert.ID != "cdn" || cert.Text("state") != "verified" || cert.Text("notAfter") != "2266-12-07T12:00:00Z" ||
		cert.Text("uuid") == "" {
		t.Errorf("certificate %v", cert.Outputs)
	}
	diffs(t, w, cert, goodCertificate, map[string]inputs{
		"domains[0] update-replace": {"domains": []any{"www.example.com"}}, "name update-replace": {"name": "x"},
	})
	refuses(t, w, certificate, with(goodCertificate, inputs{"name": "other"}), map[string]refusal{
		"zone": {
			inputs{"domains": []any{"cdn.example.org"}}, `domain "cdn.example.org" is not managed by DigitalOcean DNS`,
		},
		"no domains": {inputs{"domains": nil}, "missing required property domains"},
		"type":       {inputs{"type": "custom"}, "must be one of lets_encrypt"},
		"name":       {inputs{"name": "cdn"}, "already in use by another certificate"},
	})
	good := inputs{"origin": b.Text("bucketDomainName"), "customDomain": "cdn.example.com", "certificateName": "cdn"}
	c := w.Create(cdn, "c", good)
	if c.Text("endpoint") != "media.nyc3.cdn.digitaloceanspaces.com" || c.Get("ttl") != 3600.0 ||
		c.Text("certificateId") != cert.Text("uuid") {
		t.Errorf("CDN %v", c.Outputs)
	}
	steady(w, cert, c)
	diffs(t, w, c, good, map[string]inputs{"origin update-replace": {"origin": "x"}, "ttl add": {"ttl": 600}})
	refuses(t, w, cdn, inputs{"origin": "assets.nyc3.digitaloceanspaces.com"}, map[string]refusal{
		"origin":         {inputs{"origin": "none.nyc3.digitaloceanspaces.com"}, "is not the domain name of a bucket"},
		"second":         {inputs{"origin": "media.nyc3.digitaloceanspaces.com"}, "409: a CDN endpoint for origin"},
		"ttl":            {inputs{"ttl": 61}, "must be one of 60, 600, 3600, 86400, 604800 seconds"},
		"no certificate": {inputs{"customDomain": "assets.example.com"}, "customDomain needs certificateName"},
		"certificate": {
			inputs{"customDomain": "assets.example.com", "certificateName": "none"},
			`certificate "none" does not exist`,
		},
		"other domain": {
			inputs{"customDomain": "assets.example.com", "certificateName": "cdn"},
			"is for cdn.example.com, not for custom domain",
		},
		"taken domain": {
			inputs{"customDomain": "cdn.example.com", "certificateName": "cdn"},
			"already in use by another CDN endpoint",
		},
		"no host": {inputs{"customDomain": "https://x", "certificateName": "cdn"}, "must be a host name"},
	})
	w.Refused(w.Delete(cert), `403: certificate "cdn" is in use by the CDN endpoint`)
	bare, err := w.Update(c, inputs{"origin": b.Text("bucketDomainName")})
	if err != nil || bare.Text("certificateId") != "" {
		t.Errorf("taking the domain away: %v, %v", bare.Outputs, err)
	}
	if err := w.Delete(cert); err != nil {
		t.Error(err)
	}
}

func TestBucketObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.Create(bucket, "b", with(goodBucket, inputs{"versioning": map[string]any{"enabled": true}}))
	w.Create(bucket, "other", inputs{"name": "other"})
	good := inputs{"bucket": "media", "region": "nyc3", "key": "health.txt", "content": "ok\n"}
	o := w.Create(bucketObject, "o", good)
	for key, want := range map[string]any{
		"acl": "private", "contentType": "binary/octet-stream",
		"etag": "eff5bc1ef8ec9d03e640fc4370f5eacd", // echo ok | md5sum
	} {
		if o.Get(key) != want {
			t.Errorf("%s = %v, want %v", key, o.Get(key), want)
		}
	}
	other := w.Create(bucketObject, "p", with(good, inputs{"bucket": "other"}))
	if other.Text("etag") != o.Text("etag") || other.Text("versionId") != "" || o.Text("versionId") == "" {
		t.Errorf("object of a bucket without versions %v, of one with them %v", other.Outputs, o.Outputs)
	}
	steady(w, o, other)
	diffs(t, w, o, good, map[string]inputs{
		"key update-replace":    {"key": "other.txt"},
		"bucket update-replace": {"bucket": "other"},
		"content update":        {"content": "fine"},
		"acl update":            {"acl": "public-read"},
	})
	refuses(t, w, bucketObject, with(good, inputs{"key": "second"}), map[string]refusal{
		"bucket": {inputs{"bucket": "nothing"}, `bucket "nothing" does not exist`},
		"region": {inputs{"region": "ams3"}, "is in region nyc3, not in ams3"},
		"acl":    {inputs{"acl": "public"}, "must be one of private, public-read"},
	})
	changed, err := w.Update(o, with(good, inputs{"content": "fine"}))
	if err != nil || changed.Text("etag") == o.Text("etag") {
		t.Errorf("new content: %v, etag %q", err, changed.Text("etag"))
	}
	w.Refused(w.Delete(b), `409: BucketNotEmpty: bucket "media" holds object "health.txt"`)
	w.Edit(b, func(outputs map[string]any) { outputs["forceDestroy"] = true })
	if err := w.Delete(b); err != nil || len(w.Cloud.List(bucketObject)) != 1 {
		t.Errorf("deleting a bucket by force: %v, %d objects left", err, len(w.Cloud.List(bucketObject)))
	}
}
