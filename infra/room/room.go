// Package room holds the little that every component of the environment shares.
package room

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Keep protects a resource that holds data or identity: Pulumi refuses to delete
// it, and leaves it in the cloud when it is taken out of the program or its
// protection is forced off.
func Keep(protect bool) pulumi.ResourceOption {
	return pulumi.Composite(pulumi.Protect(protect), pulumi.RetainOnDelete(protect))
}

// Check gathers everything that is wrong with a component's arguments, so that
// all of it is reported at once and before anything is registered.
type Check struct {
	component string
	problems  []error
}

// NewCheck starts a check; the component's name begins the error.
func NewCheck(component string) *Check { return &Check{component: component} }

// That records the formatted problem unless ok.
func (c *Check) That(ok bool, format string, args ...any) {
	if !ok {
		c.problems = append(c.problems, fmt.Errorf(format, args...))
	}
}

// Text records that a text argument is missing.
func (c *Check) Text(field, value string) {
	c.That(strings.TrimSpace(value) != "", "%s is missing", field)
}

// Input records that an input is missing.
func (c *Check) Input(field string, value pulumi.Input) {
	c.That(value != nil, "%s is missing", field)
}

// Err returns all the problems as one error, nil if there are none.
func (c *Check) Err() error {
	if len(c.problems) == 0 {
		return nil
	}
	return fmt.Errorf("%s arguments: %w", c.component, errors.Join(c.problems...))
}
