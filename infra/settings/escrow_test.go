package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/vmstio/infrastructure/infra/settings"
)

// Public keys whose private halves nobody has kept. The small one has 1024 bits.
const (
	ageKey  = "age1phd0s62h8ug62hulzg408vzjnn9j3w8ys8vrd6rkkk9ms2gf8gdshfpg9m"
	ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEjZlb2obhGqV+KubPyrGG6Krq85/PdvPsOYmhWiWfba"
	rsa     = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDMZmlglvttWsqAr79ifgZ0ffhL4OA7XFu6H+FU/FfgmLXOSoflHdW1WsqwPvRWek" +
		"HpfA4Q2jix/43CpSW6sh7n5VsQkSVLn8ui98wA0vfON20jnDw5KRMbt+5tEM1a9IhfuW6IdHYshXMGVhQZqcaLBkYLzuxZoltHUFIaHHpTXM" +
		"/UdPJq5do9ITI+ttjpY3OGj45rrhLOL8e5S6sCxNpb3NUHMXXqjzgM+Z5HhCoTb6DR0RSImLITXdPycg56nm5SQipoduqIiUd8PjeLpzjTp2" +
		"L0W+qUlQ1K26MN9RDwhXfC68oB+n2vJznmfdYDR1pt2TzkPDoMgu6SZRm2/JCd"
	smallRSA = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC4hCCGJb/z0CEBsNkSQaYSYwg6GVpngFNE01S5gCKHfXD3h5Kvuc6yHmtF5DGgQ" +
		"TTQRPDu8m0IyAQfkeCVtdkm87KyONFf/aNfM4Ye8GAj8E2TW/lC3RG318VrBFGlybwQiAKoYpAuVJppsM4zRMKGpC73hiB5MQDNcmJFr8S+C" +
		"w=="
)

func recipients(keys ...string) string {
	var list []string
	for _, key := range keys {
		list = append(list, fmt.Sprintf("%q", key))
	}
	return "{escrow: {recipients: [" + strings.Join(list, ", ") + "]}}"
}

// shown is a key as messages show it.
func shown(key string) string {
	quoted := fmt.Sprintf("%q", key)
	if len(quoted) <= 60 {
		return quoted
	}
	return quoted[:60] + "..."
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	all := recipients(ageKey, ed25519+" ops@example.org", rsa)
	accepted(t, map[string]string{"none": recipients(), "of every kind": all})
	keys, err := read(t, base(t, all)).Escrow.Keys()
	require.NoError(t, err)
	require.Len(t, keys, 3)
}

func TestBadRecipients(t *testing.T) {
	t.Parallel()
	const private = `escrow.recipients[0]: a private key stands here in plain text; remove it, make a new pair, ` +
		`since this one is no longer secret, and write the public key`
	no := func(i int, key string) string {
		return fmt.Sprintf("escrow.recipients[%d]: %s is not a public key of age or SSH; copy a whole one: that which "+
			"`age-keygen -y` prints, or the line of a .pub file that begins with ssh-ed25519 or ssh-rsa (2048 bits or "+
			"more)", i, shown(key))
	}
	wrong := strings.Replace(ageKey, "phd0", "pdh0", 1)
	tests := []bad{
		{"one wrong letter", recipients(ageKey, wrong), []string{no(1, wrong)}},
		{"cut off", recipients(ageKey[:50]), []string{no(0, ageKey[:50])}},
		{"a short key of SSH", recipients(smallRSA), []string{no(0, smallRSA)}},
		{"a path", recipients("~/.ssh/id_ed25519.pub"), []string{no(0, "~/.ssh/id_ed25519.pub")}},
		{"nothing", recipients(""), []string{no(0, "")}},
		{"two lines", recipients(ed25519 + "\n" + rsa), []string{no(0, ed25519+"\n"+rsa)}},
		{"a private key of age", recipients("AGE-SECRET-KEY-1QQPZRY9"), []string{private}},
		{"in small letters", recipients("age-secret-key-1qqpzry9"), []string{private}},
		{"a private key of SSH", recipients("-----BEGIN OPENSSH PRIVATE KEY-----"), []string{private}},
		{"one twice", recipients(ageKey, ed25519, ageKey), []string{
			"escrow.recipients[2]: " + shown(ageKey) + " is already used by vmst:settings.escrow.recipients[0]; use " +
				"each value once",
		}},
	}
	refused(t, tests)
	// Whoever reads the file without [settings.Decode] is told the same.
	for _, test := range tests[:len(tests)-1] {
		var object struct{ Escrow map[string][]string }
		require.NoError(t, yaml.Unmarshal([]byte(test.change), &object))
		_, err := settings.Escrow{Recipients: object.Escrow["recipients"]}.Keys()
		assert.ErrorContains(t, err, "vmst:settings."+test.want[0], test.name)
	}
}
