package kubernetes

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
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
func decode(kind kind, object map[string]any) (runtime.Object, []problem) {
	typed, unknown, err := apiserver.Decode(kind.GroupVersionKind, object)
	var problems []problem
	for _, err := range unknown {
		problems = append(problems, unknownField(kind, err))
	}
	if err != nil {
		problems = append(problems, wrongTypes(kind, object, err)...)
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

// wrongTypes says which values made the decoder fail. Server-side apply names the elements of lists, where the decoder
// only knows the fields; what stands there it would say too, which may be secret.
func wrongTypes(kind kind, object map[string]any, failure error) []problem {
	var problems []problem
	for _, mistake := range apiserver.Mistyped(object) {
		if wanted, _, ok := strings.Cut(mistake.ErrorMessage, ", got "); ok {
			problems = append(problems, problem{Path: strings.TrimPrefix(mistake.Path, "."), Reason: wanted})
		}
	}
	if len(problems) == 0 {
		return []problem{{Reason: fmt.Sprintf("not a %s %s: %v", kind.apiVersion(), kind.Kind, failure)}}
	}
	return problems
}

// fromFieldErrors drops the errors that may only be there because a value is not known yet, and says each once.
func fromFieldErrors(errs field.ErrorList, unknown []string) []problem {
	var problems []problem
	for _, err := range errs {
		found := problem{Path: err.Field, Reason: err.ErrorBody()}
		if !undecided(err.Field, unknown) && !slices.Contains(problems, found) {
			problems = append(problems, found)
		}
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
