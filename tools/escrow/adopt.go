package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/vmstio/infrastructure/infra/settings"
)

// adopt sets the keys of the file as secrets of the stack, which must have none of them.
func (c command) adopt(ctx context.Context) error {
	stack, err := c.stackFile()
	if err != nil {
		return err
	}
	const secrets = settings.Namespace + ":" + settings.SecretsKey + "."
	for _, k := range keys {
		name, _, _ := strings.Cut(k.name, ".")
		if _, taken := stack.secrets[name]; taken {
			return fmt.Errorf("%s has %s%s already, and nothing is written over it; if a run broke off, "+
				"`pulumi config rm --stack %s --path '%s%s'` removes what it left",
				stack.name, secrets, name, c.stack, secrets, name)
		}
	}
	file, err := c.unseal()
	if err != nil {
		return err
	}
	if file.Domain != stack.domain {
		return fmt.Errorf("%s is of %s, and vmst:settings.domain in %s is %s: keys are of one instance, and its "+
			"domain never changes; name a file of this one with FILE=<path>",
			c.file, file.Domain, stack.name, stack.domain)
	}
	if missing := file.missing(); len(missing) > 0 {
		return fmt.Errorf("%s has no %s: name another file with FILE=<path>", c.file, strings.Join(missing, ", "))
	}
	for _, k := range keys {
		value, has := file.Secrets[k.name]
		if !has {
			c.note("the file has no %s%s: the stack %s made no backups", secrets, k.name, file.Stack)
			continue
		}
		// Raw, because a line break at the end would otherwise be lost.
		if _, err := c.pulumi(ctx, value, "config", "set", "--secret", "--raw", "--path", secrets+k.name); err != nil {
			return fmt.Errorf("setting %s%s: %w", secrets, k.name, err)
		}
		fmt.Fprintln(c.out, "set   ", secrets+k.name)
	}
	fmt.Fprintf(c.out, "%s has the keys of %s as of %s. Bring it up, and restore the newest backup.\n",
		stack.name, file.Domain, file.Time.Format("2006-01-02 15:04 UTC"))
	return nil
}
