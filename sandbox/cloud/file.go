package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// formatVersion changes when the file's shape does, so that a state of another shape is refused instead of misread.
const formatVersion = 1

// document is the shape of the file.
type document struct {
	Version int      `json:"version"`
	Objects []Object `json:"objects"`
}

// same tells whether the file on disk, now, is the one that was read or written last; nil is none. A file that was
// replaced by another of the same size within the clock's resolution is not the same either.
func same(now, last os.FileInfo) bool {
	if now == nil || last == nil {
		return now == last
	}
	return now.Size() == last.Size() && now.ModTime().Equal(last.ModTime()) && os.SameFile(now, last)
}

// reload reads the file when it is not the one that was seen last. A file that has disappeared is an empty cloud.
func (c *Cloud) reload() error {
	info, err := os.Stat(c.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading the simulated cloud: %w", err)
	}
	if same(info, c.seen) {
		return nil
	}
	all := objects{}
	if info != nil {
		if all, err = read(c.path); err != nil {
			return err
		}
	}
	c.objects, c.seen = all, info
	return nil
}

func read(path string) (objects, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the simulated cloud: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var file document
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf(
			"reading the simulated cloud %s: %w: correct the file, or remove it to start with an empty cloud",
			path, err)
	}
	if file.Version != formatVersion {
		return nil, fmt.Errorf("reading the simulated cloud %s: version %d, this program knows %d: "+
			"remove the file to start with an empty cloud", path, file.Version, formatVersion)
	}
	all := objects{}
	for i, o := range file.Objects {
		if o.Type == "" || o.ID == "" {
			return nil, fmt.Errorf("reading the simulated cloud %s: objects[%d] has no type or no id", path, i)
		}
		if _, ok := all[o.Type][o.ID]; ok {
			return nil, fmt.Errorf("reading the simulated cloud %s: objects[%d] is a second %s %q",
				path, i, o.Type, o.ID)
		}
		if all[o.Type] == nil {
			all[o.Type] = map[string]Object{}
		}
		all[o.Type][o.ID] = o
	}
	return all, nil
}

// write replaces the file with these objects, sorted by type and ID so that two states can be compared line by line.
// The new file is complete before it takes the old one's name: a reader sees either, never half of one.
func (all objects) write(path string) (os.FileInfo, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, "{\n  \"version\": %d,\n  \"objects\": [", formatVersion)
	separator, end := "\n    ", "]\n}\n"
	for _, typ := range slices.Sorted(maps.Keys(all)) {
		for _, id := range slices.Sorted(maps.Keys(all[typ])) {
			o := all[typ][id]
			var err error
			if o.text, err = o.encoded(); err != nil {
				return nil, fmt.Errorf("writing the simulated cloud: %w", err)
			}
			all[typ][id] = o
			text.WriteString(separator)
			text.Write(o.text)
			separator, end = ",\n    ", "\n  ]\n}\n"
		}
	}
	text.WriteString(end)
	seen, err := replaceFile(path, text.Bytes())
	if err != nil {
		return nil, fmt.Errorf("writing the simulated cloud %s: %w", path, err)
	}
	return seen, nil
}

// encoded is the object as it stands in the file, among others.
func (o Object) encoded() ([]byte, error) {
	if o.text != nil {
		return o.text, nil
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("    ", "  ")
	err := encoder.Encode(o)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

func replaceFile(path string, text []byte) (os.FileInfo, error) {
	directory := filepath.Dir(path)
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, err
	}
	// os.CreateTemp makes files with mode 0600.
	temporary, err := os.CreateTemp(directory, "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // after the rename there is nothing left to remove
	_, err = temporary.Write(text)
	if err := errors.Join(err, temporary.Close()); err != nil {
		return nil, err
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return nil, err
	}
	return os.Stat(path)
}
