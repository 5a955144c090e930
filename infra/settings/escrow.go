package settings

import (
	"fmt"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"

	"github.com/vmstio/infrastructure/infra/settings/internal/decode"
)

// Escrow is who can open the file with the keys without which a backup is worthless. `make escrow` writes it.
type Escrow struct {
	// Recipients are the public keys that the file is encrypted for; whoever has the private half of one of them can
	// open it. They are age's own ("age1..."), or of SSH (ssh-ed25519, ssh-rsa).
	Recipients []string `json:"recipients" example:"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ..."`
}

// Check reports recipients that age cannot encrypt for, and such that are there twice.
func (e Escrow) Check(at At) {
	recipients := decode.Unique{}
	for i, text := range e.Recipients {
		place := at.Key("recipients").Index(i)
		if _, wrong, remedy := parseRecipient(text); wrong != "" {
			place.Add(wrong, remedy)
			continue
		}
		recipients.Add(place, text)
	}
}

// Keys are the recipients as age takes them. The error is of type [Problems].
func (e Escrow) Keys() ([]age.Recipient, error) {
	var keys []age.Recipient
	for i, text := range e.Recipients {
		key, wrong, remedy := parseRecipient(text)
		if wrong != "" {
			return nil, Problems{{
				Path: fmt.Sprintf("%s.escrow.recipients[%d]", settingsPath, i), Wrong: wrong, Remedy: remedy,
			}}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// parseRecipient returns a recipient, or what is wrong and what to do. It is age itself that decides, because a key
// with one wrong letter looks like a right one, and is noticed by its checksum alone. All that this adds to the program
// are some small packages: Pulumi's SDK has that of SSH already.
func parseRecipient(text string) (key age.Recipient, wrong, remedy string) {
	const copied = "copy a whole one: that which `age-keygen -y` prints, or the line of a .pub file that begins with " +
		"ssh-ed25519 or ssh-rsa (2048 bits or more)"
	// The two halves are easily confused, and a message must not show this one.
	if upper := strings.ToUpper(text); strings.Contains(upper, "SECRET-KEY") || strings.Contains(upper, "PRIVATE KEY") {
		return nil, "a private key stands here in plain text",
			"remove it, make a new pair, since this one is no longer secret, and write the public key"
	}
	var err error
	if strings.HasPrefix(text, "age1") {
		key, err = age.ParseX25519Recipient(text)
	} else {
		key, err = agessh.ParseRecipient(text)
	}
	// Of several lines, SSH's parser would take the first that is a key, and say nothing of the others.
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, quote(text) + " is not a public key of age or SSH", copied
	}
	return key, "", ""
}
