package cloud_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vmstio/infrastructure/sandbox/cloud"
)

const vpc = "digitalocean:index/vpc:Vpc"

func open(t *testing.T, path string, options ...cloud.Option) *cloud.Cloud {
	t.Helper()
	c, err := cloud.Open(path, options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func put(t *testing.T, c *cloud.Cloud, o cloud.Object) {
	t.Helper()
	if err := c.Put(o); err != nil {
		t.Fatal(err)
	}
}

func statePath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "deep", "cloud.json")
}

func TestStateOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	path := statePath(t)
	first := open(t, path)
	put(t, first, cloud.Object{
		Type: vpc, ID: "b",
		Inputs:  map[string]any{"name": "<a&b>", "n": 3, "tags": []string{"x"}},
		Outputs: map[string]any{"nested": map[string]any{"on": true, "none": nil}},
	})
	put(t, first, cloud.Object{Type: vpc, ID: "a"})
	want := cloud.Object{
		Type: vpc, ID: "b",
		Inputs:  map[string]any{"name": "<a&b>", "n": float64(3), "tags": []any{"x"}},
		Outputs: map[string]any{"nested": map[string]any{"on": true, "none": nil}},
	}
	for name, c := range map[string]*cloud.Cloud{"same": first, "reopened": open(t, path)} {
		got, ok := c.Get(vpc, "b")
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s cloud: Get = %#v, %t, want %#v", name, got, ok, want)
		}
		ids := []string{}
		for _, o := range c.List(vpc) {
			ids = append(ids, o.ID)
		}
		if strings.Join(ids, " ") != "a b" {
			t.Errorf("%s cloud: List has %v, want a, b in this order", name, ids)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, want 0600", info.Mode())
	}
	text, _ := os.ReadFile(path)
	var indented bytes.Buffer
	err = json.Indent(&indented, text, "", "  ")
	if err != nil || indented.String() != string(text) || !strings.Contains(string(text), "<a&b>") {
		t.Errorf("the file is not readable for people: %v\n%s", err, text)
	}
}

func TestEditsFromOutsideAreSeen(t *testing.T) {
	t.Parallel()
	path := statePath(t)
	c := open(t, path)
	put(t, c, cloud.Object{Type: vpc, ID: "a", Outputs: map[string]any{"name": "old"}})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "old", "changed", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if o, _ := c.Get(vpc, "a"); o.Outputs["name"] != "changed" {
		t.Errorf("after the edit Get has %v", o.Outputs)
	}

	// A file of the same size that another program puts in its place, within the resolution of the clock.
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	text, _ = os.ReadFile(path)
	if err := errors.Join(
		os.WriteFile(path+".new", []byte(strings.Replace(string(text), "changed", "swapped", 1)), 0o600),
		os.Chtimes(path+".new", info.ModTime(), info.ModTime()),
		os.Rename(path+".new", path),
	); err != nil {
		t.Fatal(err)
	}
	if o, _ := c.Get(vpc, "a"); o.Outputs["name"] != "swapped" {
		t.Errorf("after the file was replaced Get has %v", o.Outputs)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if left := c.List(vpc); len(left) != 0 {
		t.Errorf("after removal of the file List has %v", left)
	}
}

func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"not JSON":      {"{", "correct the file"},
		"unknown field": {`{"version": 1, "object": []}`, `"object"`},
		"other version": {`{"version": 7}`, "version 7"},
		"no id":         {`{"version": 1, "objects": [{"type": "t"}]}`, "objects[0]"},
		"the same twice": {
			`{"version": 1, "objects": [{"type": "t", "id": "a"}, {"type": "t", "id": "a"}]}`, "objects[1]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cloud.json")
			c := open(t, path)
			put(t, c, cloud.Object{Type: vpc, ID: "a"})
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := cloud.Open(path); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Open = %v, want an error with %q", err, test.want)
			}
			if err := c.Delete(vpc, "a"); err == nil {
				t.Error("a write over a file that was not understood succeeded")
			}
			if _, ok := c.Get(vpc, "a"); !ok {
				t.Error("the last good state is gone")
			}
			if text, _ := os.ReadFile(path); string(text) != test.text {
				t.Errorf("the person's edit was overwritten with %s", text)
			}
		})
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	path := statePath(t)
	c := open(t, path)
	put(t, c, cloud.Object{Type: vpc, ID: "a"})
	refused := errors.New("refused")
	err := c.Update(func(tx *cloud.Tx) error {
		if err := errors.Join(tx.Delete(vpc, "a"), tx.Put(cloud.Object{Type: vpc, ID: "b"})); err != nil {
			return err
		}
		if _, ok := tx.Get(vpc, "a"); ok || len(tx.List(vpc)) != 1 {
			t.Error("the transaction does not see its own writes")
		}
		if types := tx.Types(); !reflect.DeepEqual(types, []string{vpc}) {
			t.Errorf("Types = %v", types)
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("Update = %v, want the function's error", err)
	}
	for _, c := range []*cloud.Cloud{c, open(t, path)} {
		if list := c.List(vpc); len(list) != 1 || list[0].ID != "a" {
			t.Errorf("a refused update left %v", list)
		}
	}
}

func TestCopiesAreIndependent(t *testing.T) {
	t.Parallel()
	c := open(t, statePath(t))
	given := map[string]any{"rules": []any{map[string]any{"port": 80}}}
	put(t, c, cloud.Object{Type: vpc, ID: "a", Outputs: given})
	given["rules"].([]any)[0].(map[string]any)["port"] = 1
	got, _ := c.Get(vpc, "a")
	got.Outputs["rules"].([]any)[0].(map[string]any)["port"] = 2
	got.Inputs["new"] = true
	again, _ := c.Get(vpc, "a")
	port := again.Outputs["rules"].([]any)[0].(map[string]any)["port"]
	if port != float64(80) || len(again.Inputs) != 0 {
		t.Errorf("the stored object was changed through a copy: %v", again)
	}
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	c := open(t, statePath(t))
	for name, o := range map[string]cloud.Object{
		"no type":  {ID: "a"},
		"no id":    {Type: vpc},
		"not JSON": {Type: vpc, ID: "a", Outputs: map[string]any{"f": func() {}}},
	} {
		if err := c.Put(o); err == nil {
			t.Errorf("%s: Put succeeded", name)
		}
	}
}

func TestParallelWriters(t *testing.T) {
	t.Parallel()
	path := statePath(t)
	c := open(t, path)
	var writers sync.WaitGroup
	for i := range 40 {
		writers.Go(func() {
			if err := c.Put(cloud.Object{Type: vpc, ID: fmt.Sprint(i)}); err != nil {
				t.Error(err)
			}
			c.List(vpc)
		})
	}
	writers.Wait()
	if n := len(open(t, path).List(vpc)); n != 40 {
		t.Errorf("%d objects on disk, want 40", n)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	at := time.Date(2266, 9, 8, 20, 30, 0, 0, time.FixedZone("ship", 3600))
	c := open(t, statePath(t), cloud.WithClock(func() time.Time { return at }))
	if now := c.Now(); !now.Equal(at) || now.Location() != time.UTC {
		t.Errorf("Now = %v, want %v in UTC", now, at)
	}
}
