package digitalocean_test

import "testing"

func TestBucketObject(t *testing.T) {
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
	encoded := w.Create(bucketObject, "p", with(good, inputs{
		"bucket": "other", "content": nil, "contentBase64": "b2sK",
	}))
	if encoded.Text("etag") != o.Text("etag") || encoded.Text("versionId") != "" || o.Text("versionId") == "" {
		t.Errorf("object of a bucket without versions %v, of one with them %v", encoded.Outputs, o.Outputs)
	}
	steady(w, o, encoded)
	diffs(t, w, o, good, map[string]inputs{
		"key update-replace":    {"key": "other.txt"},
		"bucket update-replace": {"bucket": "other"},
		"content update":        {"content": "fine"},
		"acl update":            {"acl": "public-read"},
	})
	refuses(t, w, bucketObject, with(good, inputs{"key": "second"}), map[string]refusal{
		"bucket":   {inputs{"bucket": "nothing"}, `bucket "nothing" does not exist`},
		"region":   {inputs{"region": "ams3"}, "is in region nyc3, not in ams3"},
		"acl":      {inputs{"acl": "public"}, "must be one of private, public-read"},
		"contents": {inputs{"source": "x"}, "only one of content, contentBase64 and source"},
		"base64":   {inputs{"content": nil, "contentBase64": "%"}, "reading the content of object"},
		"file":     {inputs{"content": nil, "source": "no such file"}, "no such file"},
		"metadata": {inputs{"metadata": map[string]any{"Key": "x"}}, "keys in lower case"},
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
