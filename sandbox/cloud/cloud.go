// Package cloud is the state of the simulated cloud: every object that a simulated provider made and has not
// deleted yet.
//
// The state is one JSON file, readable and editable by a person. It is read again whenever it changed on disk, so that
// an edit from outside (a changed property, a removed object) is seen by the next call, and Pulumi's refresh shows it
// as drift. The file holds the fake secrets of the simulated cloud and is therefore readable by its owner only.
//
// A [Cloud] is safe for use by many goroutines of one process, which is what the engine's parallelism needs. Two
// processes that write the same file at the same time are not coordinated: Pulumi's own stack lock keeps them apart.
package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
)

// Object is one thing in the simulated cloud.
//
// Values in Inputs and Outputs are JSON values: string, float64, bool, nil, []any and map[string]any. What [Cloud.Put]
// is given in other forms (an int, a []string) comes back in these.
type Object struct {
	// Type is the Pulumi type token, "digitalocean:index/vpc:Vpc".
	Type string `json:"type"`
	// ID is the provider's identifier, unique within Type.
	ID string `json:"id"`
	// Inputs is what the program asked for, with defaults filled in.
	Inputs map[string]any `json:"inputs,omitempty"`
	// Outputs is the whole state of the object: inputs as the cloud holds them, and what the cloud computed.
	Outputs map[string]any `json:"outputs,omitempty"`

	text []byte // of a stored object: how it stands in the file, so that only what changes is encoded anew
}

// Cloud is the simulated cloud's state, kept in one file. Make one with [Open].
type Cloud struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	objects objects
	seen    os.FileInfo // of the file that was read or written last; nil without one
}

// objects holds every object by type and ID.
type objects map[string]map[string]Object

// Option changes how a [Cloud] is opened.
type Option func(*Cloud)

// WithClock makes the cloud tell the time that now returns, for tests and for simulated delays.
func WithClock(now func() time.Time) Option {
	return func(c *Cloud) { c.now = now }
}

// Open reads the cloud from the file at path. A file that does not exist is an empty cloud; it is made by the first
// write, with its directory. A file that cannot be read or understood is an error that names it.
func Open(path string, options ...Option) (*Cloud, error) {
	c := &Cloud{path: path, now: time.Now, objects: objects{}}
	for _, option := range options {
		option(c)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.reload(); err != nil {
		return nil, err
	}
	return c, nil
}

// Now is the cloud's time, in UTC.
func (c *Cloud) Now() time.Time { return c.now().UTC() }

// Get returns a copy of the object, and whether it exists.
//
// When the file was changed from outside to something that cannot be read, Get and [Cloud.List] answer from the last
// state that could; [Cloud.Put], [Cloud.Delete] and [Cloud.Update] return the error and write nothing.
func (c *Cloud) Get(typ, id string) (Object, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.reload()
	return (&Tx{cloud: c, objects: c.objects}).Get(typ, id)
}

// List returns copies of all objects of a type, sorted by ID.
func (c *Cloud) List(typ string) []Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.reload()
	return (&Tx{cloud: c, objects: c.objects}).List(typ)
}

// Put stores the object, replacing one of the same type and ID, and writes the file.
func (c *Cloud) Put(o Object) error {
	return c.Update(func(tx *Tx) error { return tx.Put(o) })
}

// Delete removes the object and writes the file. An object that does not exist is not an error.
func (c *Cloud) Delete(typ, id string) error {
	return c.Update(func(tx *Tx) error { return tx.Delete(typ, id) })
}

// Update runs several reads and writes under one lock. The file is written once, after change returned nil; when it
// returns an error, or the file cannot be written, nothing has changed and the error is returned.
//
// The transaction must not be used after change returned, and change must not call methods of the [Cloud] itself.
func (c *Cloud) Update(change func(tx *Tx) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.reload(); err != nil {
		return err
	}
	tx := &Tx{cloud: c, objects: c.objects.clone()}
	if err := change(tx); err != nil {
		return err
	}
	if !tx.changed {
		return nil
	}
	seen, err := tx.objects.write(c.path)
	if err != nil {
		return err
	}
	c.objects, c.seen = tx.objects, seen
	return nil
}

// Tx is a transaction: a view of the cloud that only its owner sees until it is complete.
type Tx struct {
	cloud   *Cloud
	objects objects
	changed bool
}

// Now is the cloud's time, in UTC.
func (tx *Tx) Now() time.Time { return tx.cloud.Now() }

// Get is [Cloud.Get] within the transaction.
func (tx *Tx) Get(typ, id string) (Object, bool) {
	o, ok := tx.objects[typ][id]
	if !ok {
		return Object{}, false
	}
	return o.clone(), true
}

// List is [Cloud.List] within the transaction.
func (tx *Tx) List(typ string) []Object {
	byID := tx.objects[typ]
	list := make([]Object, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		list = append(list, byID[id].clone())
	}
	return list
}

// Types are the types of which the cloud holds objects, sorted.
func (tx *Tx) Types() []string { return slices.Sorted(maps.Keys(tx.objects)) }

// Put is [Cloud.Put] within the transaction. An object without type or ID, or with values that JSON cannot hold, is an
// error.
func (tx *Tx) Put(o Object) error {
	if o.Type == "" || o.ID == "" {
		return errors.New("an object in the simulated cloud needs a type and an id")
	}
	stored, err := o.canonical()
	if err != nil {
		return fmt.Errorf("storing %s %q: %w", o.Type, o.ID, err)
	}
	if tx.objects[o.Type] == nil {
		tx.objects[o.Type] = map[string]Object{}
	}
	tx.objects[o.Type][o.ID] = stored
	tx.changed = true
	return nil
}

// Delete is [Cloud.Delete] within the transaction.
func (tx *Tx) Delete(typ, id string) error {
	if _, ok := tx.objects[typ][id]; ok {
		delete(tx.objects[typ], id)
		tx.changed = true
	}
	if len(tx.objects[typ]) == 0 {
		delete(tx.objects, typ)
	}
	return nil
}

// clone copies the two levels of maps. Objects are shared: a stored object is never changed in place, only replaced.
func (all objects) clone() objects {
	copied := make(objects, len(all))
	for typ, byID := range all {
		copied[typ] = maps.Clone(byID)
	}
	return copied
}

// canonical is the object as it will look when it is read from the file.
func (o Object) canonical() (same Object, err error) {
	text, err := json.Marshal(o)
	if err != nil {
		return Object{}, err
	}
	if err = json.Unmarshal(text, &same); err != nil {
		return Object{}, err
	}
	same.text, err = same.encoded()
	return same, err
}

// clone copies a stored object to any depth.
func (o Object) clone() Object {
	return Object{Type: o.Type, ID: o.ID, Inputs: cloneMap(o.Inputs), Outputs: cloneMap(o.Outputs)}
}

// cloneMap never returns nil, so that a caller can add to what it gets.
func cloneMap(values map[string]any) map[string]any {
	if values == nil {
		return map[string]any{}
	}
	return runtime.DeepCopyJSON(values)
}
