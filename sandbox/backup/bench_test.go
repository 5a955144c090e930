//go:build unix

package backup_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBench says how long each step takes for each GB of the database, and how much memory it has at most. `make
// bench-data` runs it; the number of statuses stands in the environment.
func TestBench(t *testing.T) { //nolint:paralleltest // It measures.
	statuses, err := strconv.Atoi(os.Getenv("VMST_BENCH_STATUSES"))
	if err != nil {
		t.Skip("`make bench-data` runs it")
	}
	timer := need(t, "time")
	w := newWorld(t, statuses)
	w.encrypt(primaryKey)
	size, err := strconv.ParseFloat(w.sql(t, "postgres", w.database, "SELECT pg_database_size(current_database())"), 64)
	require.NoError(t, err)
	gb := size / 1e9
	fmt.Printf("%d statuses, %.2f GB, on %d processors\n", statuses, gb, runtime.NumCPU())
	step := func(what, script string, env ...string) {
		cmd, out := w.start(script, env...)
		// Linux counts to a process what the one had that started it (fs/exec.c, exec_mmap), and the S3 server is in
		// this one. So time starts it.
		most := filepath.Join(w.dir, script+".most")
		cmd.Path, cmd.Args = timer, append([]string{timer, "-f", "%M", "-o", most}, cmd.Args...)
		begun := time.Now()
		require.NoError(t, cmd.Start())
		require.NoError(t, cmd.Wait(), "%s", out)
		seconds := time.Since(begun).Seconds()
		text, err := os.ReadFile(most)
		require.NoError(t, err)
		kib, err := strconv.Atoi(strings.TrimSpace(string(text)))
		require.NoError(t, err)
		fmt.Printf("%-44s %6.0f s %6.0f s per GB %6d MiB at most\n", what, seconds, seconds/gb, kib>>10)
	}
	step("dump, read back, checked, encrypted, uploaded", "dump")
	fmt.Printf("%-44s %6.2f of the database\n", "size of the dump", float64(w.dumpBytes())/size)
	begun := time.Now()
	r := w.rehearse("COPIED=false")
	require.Zero(t, r.status, r.output)
	fmt.Printf("%-44s %6.0f s %6.0f s per GB\n", "rehearsal, all of it", time.Since(begun).Seconds(),
		time.Since(begun).Seconds()/gb)
	step("restoration, in one transaction", "restore", "PGDATABASE="+w.server.database(t))
}

// dumpBytes is the size of the first dump.
func (w *world) dumpBytes() int {
	w.t.Helper()
	return len(w.store.get(w.t, "backups", w.store.keys(w.t, "backups", "database/")[0]))
}
