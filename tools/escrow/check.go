package main

import (
	"context"
	"crypto/subtle"
	"fmt"
	"maps"
	"slices"
)

// check compares the file with the running stack, and prints a line for each thing, without its value. It reports
// whether the file fits.
func (c command) check(ctx context.Context) (bool, error) {
	file, err := c.unseal()
	if err != nil {
		return false, err
	}
	running, err := c.state(ctx)
	if err != nil {
		return false, err
	}
	fits := true
	say := func(what, wrong string) {
		if wrong == "" {
			fmt.Fprintln(c.out, "ok    ", what)
			return
		}
		fits = false
		fmt.Fprintf(c.out, "WRONG  %s: %s\n", what, wrong)
	}
	other := func(is bool, of string) string {
		if is {
			return ""
		}
		return "the file is of " + of + ": name one of this stack with FILE=<path>"
	}
	say("stack", other(file.Stack == running.Stack, file.Stack))
	say("domain", other(file.Domain == running.Domain, file.Domain))
	if !fits { // what follows would be wrong for no other reason
		return false, nil
	}
	renew := "write a new file with `make escrow STACK=" + c.stack + "`"
	keep := renew + ", and keep this one as long as there are backups of its time"
	for _, k := range keys {
		kept, has := file.Secrets[k.name], running.Secrets[k.name]
		switch {
		case k.name == backupKey && !running.Backups && kept == "":
			c.note("the stack makes no backups, and the file has no key of them")
		case k.name == backupKey && !running.Backups:
			c.note("the stack makes no backups any more; the file opens those of before")
		case has == "":
			say(k.name, "the stack has none: run `pulumi up`")
		case kept == "":
			say(k.name, "the file has none: "+renew)
		case subtle.ConstantTimeCompare([]byte(kept), []byte(has)) != 1:
			say(k.name, "the stack has another: "+keep)
		default:
			say(k.name, "")
		}
	}
	wrong, err := wrongPassphrase(file, running)
	if err != nil {
		return false, err
	}
	if wrong != "" {
		wrong += ": " + renew
	}
	say("passphrase", wrong)
	for _, name := range slices.Sorted(maps.Keys(running.SpacesKeys)) {
		if id := running.SpacesKeys[name]; file.SpacesKeys[name] == id {
			say("Spaces key "+name, "")
		} else { // it can be made again, so that nothing is wrong
			c.note("Spaces key %s (%s) is not in the file", name, id)
		}
	}
	return fits, nil
}

func (c command) note(format string, args ...any) { fmt.Fprintf(c.out, "note   "+format+"\n", args...) }

// wrongPassphrase says what is wrong with the file's fingerprint of the passphrase, which has just opened the state.
func wrongPassphrase(file content, running state) (string, error) {
	switch {
	case file.Provider != running.Provider:
		return fmt.Sprintf("the stack's secrets are encrypted by %q, and in the file by %q",
			running.Provider, file.Provider), nil
	case running.Provider != byPassphrase:
		return "", nil
	case file.Passphrase == nil:
		return "the file has no fingerprint of it", nil
	}
	text, err := passphrase()
	if err != nil {
		return "", err
	}
	key, err := file.Passphrase.of(text)
	if err != nil || subtle.ConstantTimeCompare(key, file.Passphrase.Key) == 1 {
		return "", err
	}
	return "the stack has another", nil
}
