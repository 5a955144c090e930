package config

import (
	"fmt"
	"regexp"
	"strconv"
)

const gibibyte = 1 << 30

// quantity is the part of Kubernetes' quantities that people write: a decimal
// number with an SI or a binary suffix.
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

// resources checks the quantities of a container and that its limit is not
// below its request. Memory below a mebibyte is a forgotten suffix.
func (r *report) resources(path string, res Resources) {
	r.quantity(path+".cpu", res.CPU, 1e-3, "an amount of CPU", `write cores or thousandths of one, such as "1" or 250m`)
	memory := "write it with its unit, such as 512Mi or 1.5Gi"
	r.quantity(path+".memory", res.Memory, 1<<20, "an amount of memory", memory)
	r.quantity(path+".memoryLimit", res.MemoryLimit, 1<<20, "an amount of memory", memory)
	request, ok1 := parseQuantity(res.Memory)
	limit, ok2 := parseQuantity(res.MemoryLimit)
	if ok1 && ok2 && limit < request {
		r.add(path+".memoryLimit", fmt.Sprintf("%q is less than the request (%s)", res.MemoryLimit, res.Memory),
			"raise the limit or lower the request")
	}
}

func (r *report) quantity(path, text string, least float64, what, remedy string) {
	if n, ok := parseQuantity(text); !ok || n < least {
		r.add(path, quote(text)+" is not "+what, remedy)
	}
}
