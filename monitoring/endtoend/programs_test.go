package endtoend_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// real is the variable that asks for the tests with the real programs, which `make test-monitoring` builds.
const real = "VMST_TEST_MONITORING"

func needsPrograms(t *testing.T) {
	t.Helper()
	if os.Getenv(real) == "" {
		t.Skip("make test-monitoring runs this")
	}
}

// tool is a program that make has built.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".tools", name))
	require.NoError(t, err)
	require.FileExists(t, path, "make test-monitoring builds it")
	return path
}

// free is an address that nobody listens on. Somebody else may take it before the program does, who then says so.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends at once
	require.NoError(t, err)
	defer listener.Close() //nolint:errcheck // nothing was written
	return listener.Addr().String()
}

// start runs a program until the end of the test, and waits until it is ready. What it said is shown if the test fails.
func start(t *testing.T, ready string, env []string, program string, args ...string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var said bytes.Buffer
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(os.Environ(), env...)
	command.Dir = t.TempDir()
	command.Stdout, command.Stderr = &said, &said
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	require.NoError(t, command.Start())
	done := make(chan struct{})
	go func() { _ = command.Wait(); close(done) }()
	t.Cleanup(func() {
		stop()
		<-done
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(program), said.Bytes())
		}
	})
	require.Eventually(t, func() bool {
		select {
		case <-done:
			return false
		default:
			return answers(ready)
		}
	}, 30*time.Second, 100*time.Millisecond, "%s is not ready", filepath.Base(program))
}

func answers(address string) bool {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// generate runs the command on outputs, and returns the directory that it wrote.
func generate(t *testing.T, outputs map[string]any, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	text, err := json.Marshal(outputs)
	require.NoError(t, err)
	file, out := filepath.Join(dir, "outputs.json"), filepath.Join(dir, "out")
	command := filepath.Join(dir, "monitoring")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", command, ".")
	build.Dir = ".."
	said, err := build.CombinedOutput()
	require.NoError(t, err, "%s", said)
	args = append([]string{"-stack", "prod", "-outputs", file, "-out", out}, args...)
	said, err = exec.CommandContext(t.Context(), command, args...).CombinedOutput()
	require.NoError(t, err, "%s", said)
	return out
}

// contract is the file with outputs of version 2.
func contract(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile("../../infra/outputs/testdata/outputs-2.json")
	require.NoError(t, err)
	var outputs map[string]any
	require.NoError(t, json.Unmarshal(text, &outputs))
	return outputs
}

// received is what came at a webhook: how often each alert was told to fire, and how often to be over.
type received struct {
	counts map[string]int
	alerts map[string]alert
}

type alert struct {
	Status              string
	Labels, Annotations map[string]string
}

// times is how often an alert of a severity was told.
func times(name, severity, status string) string { return name + " " + severity + " " + status }

func (r received) String() string {
	text := ""
	for _, key := range slices.Sorted(maps.Keys(r.counts)) {
		text += fmt.Sprintf("%s: %s times\n", key, strconv.Itoa(r.counts[key]))
	}
	return text
}
