package enginetest_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/vmstio/infrastructure/infra/catalogue"
	"github.com/vmstio/infrastructure/sandbox/cloud"
	"github.com/vmstio/infrastructure/sandbox/digitalocean"
	"github.com/vmstio/infrastructure/sandbox/runner"
)

const kubernetesCluster = "digitalocean:index/kubernetesCluster:KubernetesCluster"

// What the provider has forgotten is taken over by the commands of docs/content/3.run/12.when-it-breaks.md, as they
// stand there under "A cluster took too long": a cluster by a file, a database by arguments.
func TestWhatTookTooLongIsTakenOver(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("needs jq, as the page does")
	}
	root, err := runner.FindRoot(".")
	require.NoError(t, err)
	byFile, byHand := commandsOf(t, root)
	for typ, commands := range map[string][]string{kubernetesCluster: byFile, database: byHand} {
		t.Run(typ, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			s := a.in(t, "staging", digitalocean.Options{Slow: map[string]time.Duration{typ: 2 * time.Hour}})
			_, err := s.Up(t.Context())
			require.Error(t, err)
			s.Close()
			require.Contains(t, a.shown.String(), "takes 2h0m0s: the provider waits 1h30m0s")
			// Of the databases, one is enough.
			c, err := cloud.Open(s.CloudFile())
			require.NoError(t, err)
			for _, object := range c.List(typ) {
				if object.Outputs["engine"] == catalogue.Valkey {
					require.NoError(t, c.Delete(typ, object.ID))
				}
			}
			a.isTakenOver(t, typ, commands)
		})
	}
}

func (a *account) isTakenOver(t *testing.T, typ string, commands []string) {
	t.Helper()
	const stack = "staging"
	s := a.open(t, stack)
	forgotten := only(t, s, typ).ID
	result := follow(t, s, commands, forgotten)
	state, err := s.State(t.Context())
	require.NoError(t, err)
	i := slices.IndexFunc(state.Resources, func(r apitype.ResourceV3) bool { return string(r.ID) == forgotten })
	require.GreaterOrEqual(t, i, 0)
	taken := state.Resources[i]
	assert.False(t, taken.Protect, "the protection is the settings', not the import's")
	i = slices.IndexFunc(result.Resources, func(r runner.Resource) bool { return r.URN == string(taken.URN) })
	require.GreaterOrEqual(t, i, 0)
	assert.Contains(t, []string{"same", "update"}, result.Resources[i].Operation, "it is the program's own")
	s.Close()
	a.isStable(t, stack)
}

// only is the one object of a type that is in the cloud of a sandbox.
func only(t *testing.T, s *runner.Sandbox, typ string) cloud.Object {
	t.Helper()
	c, err := cloud.Open(s.CloudFile())
	require.NoError(t, err)
	require.Len(t, c.List(typ), 1)
	return c.List(typ)[0]
}

// commandsOf are the two blocks of commands in the page's section.
func commandsOf(t *testing.T, root string) (byFile, byHand []string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs", "content", "3.run", "12.when-it-breaks.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## A cluster took too long\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := regexp.MustCompile("(?ms)^```sh\n(.*?)^```").FindAllStringSubmatch(section, -1)
	require.Len(t, blocks, 2)
	lines := func(block string) []string {
		block = regexp.MustCompile(`\s+# .*`).ReplaceAllString(block, "")
		return strings.Split(strings.TrimSpace(strings.ReplaceAll(block, "\\\n", "")), "\n")
	}
	return lines(blocks[0][1]), lines(blocks[1][1])
}

// follow runs commands in a sandbox, in a directory of their own, with the ID of what is taken over and the URNs that a
// command has shown. It returns the result of the `pulumi up` at their end.
func follow(t *testing.T, s *runner.Sandbox, commands []string, id string) runner.Result {
	t.Helper()
	dir := t.TempDir()
	filled := []string{"<id>", id, " -s prod", ""}
	for _, command := range commands {
		command = strings.NewReplacer(filled...).Replace(command)
		require.NotContains(t, command, "<")
		switch {
		case strings.HasPrefix(command, "pulumi preview"):
			args := words(t, dir, command)
			require.Equal(t, "--import-file", args[2])
			result, err := s.PreviewImports(t.Context(), args[3])
			must(t, result, err)
		case strings.HasPrefix(command, "pulumi import"):
			takeOver(t, s, words(t, dir, command)[1:])
		case strings.HasPrefix(command, "pulumi stack export"):
			exported, err := s.Export(t.Context())
			require.NoError(t, err)
			_, filter, _ := strings.Cut(command, "|")
			for urn := range strings.FieldsSeq(shell(t, dir, exported, filter)) {
				part := regexp.MustCompile(`(:\w+::)[^:]*$`).FindStringSubmatch(urn)
				require.NotNil(t, part, urn)
				filled = append(filled, "<URN with "+part[1]+">", urn)
			}
		case command == "pulumi up":
			result, err := s.Up(t.Context())
			return must(t, result, err)
		default:
			shell(t, dir, nil, command)
		}
	}
	require.Fail(t, "the page does not end with pulumi up")
	return runner.Result{}
}

// words are those that a shell makes of a command, with files in the directory.
func words(t *testing.T, dir, command string) []string {
	t.Helper()
	list := strings.Split(strings.TrimSuffix(shell(t, dir, nil, "printf '%s\\n' "+command), "\n"), "\n")
	for i, word := range list {
		if strings.HasSuffix(word, ".json") {
			list[i] = filepath.Join(dir, word)
		}
	}
	return list
}

// shell runs a command line and returns what it wrote.
func shell(t *testing.T, dir string, input []byte, line string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", line)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(string(input))
	out, err := cmd.Output()
	require.NoError(t, err, line)
	return string(out)
}

// takeOver runs `pulumi import`. The command runs no program, and yet asks the host of its language for the packages
// that it needs. Here is one that knows of none; what is in the state says enough.
func takeOver(t *testing.T, s *runner.Sandbox, args []string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	pulumirpc.RegisterLanguageRuntimeServer(server, noLanguage{})
	go server.Serve(listener) //nolint:errcheck // it ends with an error when it is stopped
	defer server.Stop()
	host := fmt.Sprintf("PULUMI_DEBUG_LANGUAGES=go:%d", listener.Addr().(*net.TCPAddr).Port)
	_, err = s.Pulumi(t.Context(), []string{host}, append(args, "--yes")...)
	require.NoError(t, err)
}

// noLanguage is the host of a language whose programs need no packages.
type noLanguage struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
}

// Handshake is what makes the engine's connection one.
func (noLanguage) Handshake(
	context.Context, *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo says nothing of the host.
func (noLanguage) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
}

// GetRequiredPackages names none.
func (noLanguage) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}
