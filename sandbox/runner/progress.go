package runner

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// buildProgress reads what `go build -v` writes, one line per package that it compiles, and says how far it is.
type buildProgress struct {
	log      io.Writer
	terminal bool
	started  time.Time

	// total is the number of packages the command consists of: the most that can be compiled.
	total int

	mu         sync.Mutex
	rest       []byte
	compiled   int
	downloaded int
	complaints []string
}

func newBuildProgress(log io.Writer, terminal bool) *buildProgress {
	return &buildProgress{log: log, terminal: terminal, started: time.Now()}
}

// Write takes a part of the go command's output.
func (b *buildProgress) Write(part []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.rest = append(b.rest, part...)

	for {
		line, rest, found := bytes.Cut(b.rest, []byte("\n"))
		if !found {
			return len(part), nil
		}

		b.rest = rest
		b.line(strings.TrimSpace(string(line)))
	}
}

// line counts a package or a download. Anything else is a complaint, kept for the error.
func (b *buildProgress) line(line string) {
	switch {
	case line == "":
	case strings.HasPrefix(line, "go: downloading "):
		b.downloaded++
	case !strings.ContainsAny(line, " :"):
		b.compiled++
	default:
		b.complaints = append(b.complaints, line)
	}
}

// String says how far the build is.
func (b *buildProgress) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()

	text := fmt.Sprintf("%d of at most %d packages compiled", b.compiled, b.total)
	if b.downloaded > 0 {
		text += fmt.Sprintf(", %d modules downloaded", b.downloaded)
	}
	return fmt.Sprintf("%s, %d s", text, int(time.Since(b.started).Seconds()))
}

// start reports until the returned function is called: every second on a terminal, on the same line, else every 15
// seconds on a line of its own.
func (b *buildProgress) start() (stop func()) {
	every := 15 * time.Second
	if b.terminal {
		every = time.Second
	}

	done, stopped := make(chan struct{}), make(chan struct{})

	go func() {
		defer close(stopped)

		ticker := time.NewTicker(every)
		defer ticker.Stop()

		for {
			select {
			case <-ticker.C:
				b.report("")
			case <-done:
				b.report("\n")
				return
			}
		}
	}()
	return func() {
		close(done)
		<-stopped
	}
}

func (b *buildProgress) report(end string) {
	if b.terminal {
		// Back to the start of the line and clear it: the new text may be shorter.
		fmt.Fprint(b.log, "\r\x1b[K  "+b.String()+end)
	} else {
		fmt.Fprintln(b.log, "  "+b.String())
	}
}
