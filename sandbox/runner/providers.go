package runner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/vmstio/infrastructure/sandbox/behaviour"
)

// maxMessage bounds a message to a provider, in bytes. It is the engine's own bound (rpcutil in the Pulumi SDK).
const maxMessage = 400 << 20

// servers are the simulated providers, each listening on a port of the loopback interface.
type servers struct {
	behaviour *behaviour.Behaviour
	ports     map[string]int
	listeners []net.Listener
	running   sync.WaitGroup

	mu          sync.Mutex
	connections map[*grpc.Server]struct{}
}

// serve starts a server for every provider, behaving as planned.
//
// The engine connects once for every provider resource of a program, and several may be configured differently at the
// same time. Each connection is therefore served by a provider of its own.
func serve(providers map[string]func() plugin.Provider, plan behaviour.Plan) (*servers, error) {
	s := &servers{
		behaviour: behaviour.New(plan), ports: make(map[string]int, len(providers)),
		connections: map[*grpc.Server]struct{}{},
	}
	for name, provider := range providers {
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			s.close()
			return nil, fmt.Errorf("serving the simulated provider %q: %w", name, err)
		}
		s.listeners = append(s.listeners, listener)
		s.ports[name] = listener.Addr().(*net.TCPAddr).Port
		s.running.Go(func() { s.accept(listener, provider) })
	}
	return s, nil
}

// accept serves each connection until the listener is closed.
func (s *servers) accept(listener net.Listener, provider func() plugin.Provider) {
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			s.running.Go(func() { s.connection(conn, provider()) })
		}
	}
}

// connection serves one connection until either side ends it.
func (s *servers) connection(conn net.Conn, provider plugin.Provider) {
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.UnaryInterceptor(s.behaviour.Interceptor()))
	pulumirpc.RegisterResourceProviderServer(server, detailed{plugin.NewProviderServer(provider)})
	s.mu.Lock()
	s.connections[server] = struct{}{}
	s.mu.Unlock()
	// It ends when the connection does, always with an error.
	_ = server.Serve(newSingle(conn))
	_ = conn.Close()
	_ = provider.Close()
	s.mu.Lock()
	delete(s.connections, server)
	s.mu.Unlock()
}

// detailed is a provider's server that says so where a difference has details. The SDK's own sends them without the
// mark that they are there, so that the engine throws them away and draws nothing of what differs deep in an object
// (sdk/go/common/resource/plugin, marshalDiff and decodeDetailedDiff).
type detailed struct {
	pulumirpc.ResourceProviderServer
}

// Diff compares a resource's old and new inputs.
func (d detailed) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return marked(d.ResourceProviderServer.Diff(ctx, req))
}

// DiffConfig compares a provider's.
func (d detailed) DiffConfig(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return marked(d.ResourceProviderServer.DiffConfig(ctx, req))
}

func marked(response *pulumirpc.DiffResponse, err error) (*pulumirpc.DiffResponse, error) {
	if response != nil {
		response.HasDetailedDiff = len(response.GetDetailedDiff()) > 0
	}
	return response, err
}

// attach is the value of PULUMI_DEBUG_PROVIDERS: "name:port,...".
func (s *servers) attach() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.ports)) {
		parts = append(parts, fmt.Sprintf("%s:%d", name, s.ports[name]))
	}
	return strings.Join(parts, ",")
}

// close ends all connections.
func (s *servers) close() {
	for _, listener := range s.listeners {
		listener.Close() //nolint:errcheck // it may be closed already
	}
	s.mu.Lock()
	open := slices.Collect(maps.Keys(s.connections))
	s.mu.Unlock()
	for _, server := range open {
		server.Stop()
	}
	s.running.Wait()
}

// single is a listener for one connection that exists already. It is closed when the connection is.
type single struct {
	net.Conn

	conns chan net.Conn
	once  sync.Once
}

func newSingle(conn net.Conn) *single {
	s := &single{Conn: conn, conns: make(chan net.Conn, 1)}
	s.conns <- s
	return s
}

// Accept returns the connection, and the next time waits for its end.
func (s *single) Accept() (net.Conn, error) {
	if conn, ok := <-s.conns; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

// Close closes the connection and makes Accept return.
func (s *single) Close() error {
	s.once.Do(func() { close(s.conns) })
	return s.Conn.Close()
}

// Addr is the connection's local address.
func (s *single) Addr() net.Addr { return s.LocalAddr() }
