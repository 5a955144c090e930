package settings

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Chart names a Helm chart.
type Chart struct {
	// Repository is the https URL of the chart repository, or the folder of a registry that has the chart, as
	// oci://registry.example.org/charts.
	Repository string `json:"repository" jsonschema:"format=chart-repository"`
	// Name is the chart's name in the repository.
	Name string `json:"name" jsonschema:"format=chart-name"`
	// Version is the exact chart version.
	Version string `json:"version" jsonschema:"format=version"`
}

// Located returns what Helm and Pulumi call a chart, and the repository that has one of that name. A chart in a
// registry has an address and no repository.
func (c Chart) Located() (chart, repository string) {
	if strings.HasPrefix(c.Repository, ociScheme) {
		return strings.TrimRight(c.Repository, "/") + "/" + c.Name, ""
	}
	return c.Name, c.Repository
}

// ociScheme begins the address of a registry of charts.
const ociScheme = "oci://"

// Image is a container image.
type Image struct {
	// Repository of the image, with its registry.
	Repository string `json:"repository" jsonschema:"format=image-repository"`
	// Tag of the image.
	Tag string `json:"tag" jsonschema:"format=image-tag"`
	// Digest of the image, "sha256:...", beside its tag: nobody can put another image in its place.
	Digest string `json:"digest" jsonschema:"format=image-digest"`
}

// Tagged returns the image without its digest: "<repository>:<tag>".
func (i Image) Tagged() string { return i.Repository + ":" + i.Tag }

// String returns the image as Kubernetes takes it: "<repository>:<tag>", or "<repository>:<tag>@<digest>".
func (i Image) String() string {
	if i.Digest == "" {
		return i.Tagged()
	}
	return i.Tagged() + "@" + i.Digest
}

// Resources are the compute resources of one container, as Kubernetes quantities ("250m", "1.5Gi").
//
// There is a limit for memory only: a CPU limit throttles a process that could use an idle core.
type Resources struct {
	// CPU is the request for CPU.
	CPU string `json:"cpu" jsonschema:"format=cpu"`
	// Memory is the request for memory.
	Memory string `json:"memory" jsonschema:"format=memory"`
	// MemoryLimit is the limit for memory.
	MemoryLimit string `json:"memoryLimit" jsonschema:"format=memory"`
}

// Check reports a limit that is below the request.
func (r Resources) Check(at At) {
	request, ok1 := parseQuantity(r.Memory)
	limit, ok2 := parseQuantity(r.MemoryLimit)
	if ok1 && ok2 && limit < request {
		at.Key("memoryLimit").Add(fmt.Sprintf("%q is less than the request (%s)", r.MemoryLimit, r.Memory),
			"raise the limit or lower the request")
	}
}

// Values are further values of a Helm chart, by the chart's own names. They are merged last, over all that the program
// sets: mappings are merged, everything else is replaced. Those that an environment needs to be safe are refused;
// nothing checks the others, and what they break is the person's own risk.
type Values map[string]any

// reasons are why values are not free, by the path of each value, with dots.
type reasons map[string]string

// add gives a reason to the values whose paths begin and go on like that.
func (r reasons) add(reason, begin string, names ...string) {
	for _, name := range names {
		r[begin+name] = reason
	}
}

// refuse reports values that would override what an environment needs to be safe.
func (v Values) refuse(at At, refused reasons) { v.walk(at, "", refused) }

func (v Values) walk(at At, parent string, refused reasons) {
	for _, key := range slices.Sorted(maps.Keys(v)) {
		path, below := parent+key, at.Key(key)
		inner, isMapping := v[key].(map[string]any)
		switch reason, isRefused := refused[path]; {
		case isRefused:
			below.Add("the value is not free: "+reason, "remove it")
		case isMapping:
			Values(inner).walk(below, path+".", refused)
		default:
			for _, name := range slices.Sorted(maps.Keys(refused)) {
				if strings.HasPrefix(name, path+".") {
					below.Add("the value replaces "+name+", which is not free: "+refused[name], "write a mapping")
					break
				}
			}
		}
	}
}

// Window is a weekly maintenance window in UTC.
type Window struct {
	// Day is the lower-case English name of the day.
	Day string `json:"day" jsonschema:"enum=monday,enum=tuesday,enum=wednesday,enum=thursday,enum=friday,enum=saturday,enum=sunday"` //nolint:lll // a tag cannot be broken
	// Time is the start of the window, "HH:MM".
	Time string `json:"time" jsonschema:"format=time"`
}

const gibibyte = 1 << 30

// quantity is the part of Kubernetes' quantities that people write: a decimal number with an SI or a binary suffix.
var quantity = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$`)

// parseQuantity returns a quantity's value in its base unit: cores, or bytes.
func parseQuantity(text string) (float64, bool) {
	m := quantity.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, false
	}
	factors := map[string]float64{
		"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
		"Ki": 1 << 10, "Mi": 1 << 20, "Gi": gibibyte, "Ti": 1 << 40,
	}
	return n * factors[m[2]], true
}

func quote(value any) string { return decode.Quote(value) }
