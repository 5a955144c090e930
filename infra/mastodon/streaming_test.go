//go:build unix

package mastodon

import (
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vmstio/infrastructure/infra/settings"
	"github.com/vmstio/infrastructure/tests/programs"
)

// connect asks for a server as node-postgres does: over a socket that is open already, with the name beside it.
const connect = `
const [port, name] = process.argv.slice(1), socket = require('net').connect(port, '127.0.0.1', () => {
	const c = require('tls').connect({socket, host: name, servername: name})
	c.on('secureConnect', () => { console.log('taken'); process.exit() })
	c.on('error', (e) => { console.log(e.code); process.exit() })
})`

// Where the name in the database's certificate is not compared, Node takes a certificate for example.com as that of
// DB_HOST, and of no other name, and refuses one of an authority that it does not trust.
func TestNodeComparesEveryNameButOne(t *testing.T) {
	t.Parallel()
	node := programs.Find(t, "node")
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	_, number, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "authority.crt")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(file, certificate, 0o600))

	const database, cache = "private-db.example.net", "private-cache.example.net"
	for _, test := range []struct{ mode, name, authority, want string }{
		{settings.VerifyFull, database, file, "ERR_TLS_CERT_ALTNAME_INVALID"},
		{settings.VerifyFull, "example.com", file, "taken"},
		{settings.VerifyCA, database, file, "taken"},
		{settings.VerifyCA, "example.com", file, "taken"},
		{settings.VerifyCA, cache, file, "ERR_TLS_CERT_ALTNAME_INVALID"},
		{settings.VerifyCA, database, "", "DEPTH_ZERO_SELF_SIGNED_CERT"},
	} {
		args := &Args{}
		args.Environment = map[string]string{"NODE_OPTIONS": "--max-old-space-size=300"}
		args.Database.SSLMode = test.mode
		cmd := exec.CommandContext(t.Context(), node, "-e", connect, number, test.name)
		cmd.Env = []string{
			"DB_HOST=" + database, "NODE_OPTIONS=" + args.streaming()["NODE_OPTIONS"],
			"NODE_EXTRA_CA_CERTS=" + test.authority,
		}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Equal(t, test.want, strings.TrimSpace(string(out)), "%s of %s", test.mode, test.name)
	}
}
