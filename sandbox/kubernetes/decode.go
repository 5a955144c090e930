package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vmstio/infrastructure/sandbox/kubernetes/apiserver"
)

// problem is one thing that is wrong with an object.
type problem struct {
	// Path is where, "spec.ports[0].port".
	Path string
	// Reason is what, in the words of the API server where there are such.
	Reason string
}

func (p problem) String() string {
	if p.Path == "" {
		return p.Reason
	}
	return p.Path + ": " + p.Reason
}

// decode reads an object into its Go type. Fields that the type does not have and values of the wrong type are
// problems; the typed object then holds what could be read.
func (k *kinds) decode(kind kind, object map[string]any) (runtime.Object, []problem) {
	typed, unknown, err := apiserver.Decode(kind.GroupVersionKind, object)
	var problems []problem
	for _, err := range unknown {
		problems = append(problems, unknownField(kind, err))
	}
	if err != nil {
		problems = append(problems, wrongType(kind, object, err))
	}
	return typed, problems
}

var quotedPath = regexp.MustCompile(`"([^"]+)"`)

func unknownField(kind kind, err error) problem {
	path := ""
	if match := quotedPath.FindStringSubmatch(err.Error()); match != nil {
		path = match[1]
	}
	field := path[strings.LastIndex(path, ".")+1:]
	return problem{Path: path, Reason: fmt.Sprintf("%s %s has no field %q here", kind.apiVersion(), kind.Kind, field)}
}

func wrongType(kind kind, object map[string]any, err error) problem {
	mismatch := (*json.UnmarshalTypeError)(nil)
	if !errors.As(err, &mismatch) {
		return problem{Reason: fmt.Sprintf("not a %s %s: %v", kind.apiVersion(), kind.Kind, err)}
	}
	got, _, _ := strings.Cut(mismatch.Value, " ")
	path, ok := find(object, "", strings.Split(mismatch.Field, "."), got)
	if !ok {
		path = mismatch.Field
	}
	return problem{Path: path, Reason: fmt.Sprintf("got a JSON %s, want %s", mismatch.Value, mismatch.Type)}
}

// find completes the path that the decoder gives for a value of the wrong type, which leaves out the positions in lists
// and the keys of maps: it is the first value of that JSON type at the path.
func find(value any, path string, keys []string, got string) (string, bool) {
	switch value := value.(type) {
	case []any:
		for i, element := range value {
			if found, ok := find(element, fmt.Sprintf("%s[%d]", path, i), keys, got); ok {
				return found, true
			}
		}
	case map[string]any:
		if len(keys) > 0 {
			child, ok := value[keys[0]]
			if !ok {
				return "", false
			}
			return find(child, join(path, keys[0]), keys[1:], got)
		}
		for _, key := range sortedKeys(value) {
			if jsonType(value[key]) == got {
				return join(path, key), true
			}
		}
	}
	return path, len(keys) == 0 && jsonType(value) == got
}

func jsonType(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "bool"
	case []any:
		return "array"
	default:
		return "object"
	}
}

// fromFieldErrors drops the errors that may only be there because a value is not known yet.
func fromFieldErrors(errs field.ErrorList, unknown []string) []problem {
	var problems []problem
	for _, err := range errs {
		if undecided(err.Field, unknown) {
			continue
		}
		problems = append(problems, problem{Path: err.Field, Reason: err.ErrorBody()})
	}
	return problems
}

// undecided tells whether an unknown value lies at, above or below the path.
func undecided(path string, unknown []string) bool {
	for _, root := range unknown {
		if within(path, root) || within(root, path) {
			return true
		}
	}
	return false
}

// join makes one error of problems; nil when there are none.
func joinProblems(about string, problems []problem) error {
	if len(problems) == 0 {
		return nil
	}
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = fmt.Errorf("%s: %s", about, p)
	}
	return errors.Join(errs...)
}
