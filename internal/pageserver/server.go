// Package pageserver serves the page of cnncalc edit: on the loopback interface, for one user and one file.
//
// Other programs and other pages of the browser can reach the port too. What keeps them out:
//
//   - Every call needs the token of the address, in a header. A page of another site can't send that header without
//     asking first, which is refused. The token comes after the # of the address, which browsers send to nobody, and
//     the page removes it from there.
//   - Host must be that of the address, so that no other name can be made to resolve to this machine (DNS rebinding),
//     and Origin must be the page's own.
//   - Only the one file is read and written, and only if it is what the page knows.
//
// The scripts of the page need no token: they are the same for everybody.
package pageserver

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io"
	"io/fs"
	"log"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"cnncalc/internal/pagecall"
)

// What a browser may do with the page. The styles are those of the editor and of drawings.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Bounds of what a client may take.
const (
	maxHeader    = 16 << 10
	maxAtOnce    = 4 // calls that are computed; others wait
	headerTime   = 10 * time.Second
	transferTime = 2 * time.Minute // of a request's or an answer's body
	callTime     = time.Minute
	shutdownTime = 2 * time.Second
)

// Options are what a server serves.
type Options struct {
	Assets   fs.FS // index.html, and what it names
	Calls    *pagecall.Calls
	Document *Document
	// Grace is the time that a page may be gone, as while it is loaded again, before Serve returns. A page that says
	// that it is left has less.
	Grace, ReloadGrace time.Duration
}

// The graces of a user's server. A browser may put a page that is not looked at away for a while.
const (
	DefaultGrace       = 10 * time.Minute
	DefaultReloadGrace = 5 * time.Second
)

// Server serves one page. Make it with New.
type Server struct {
	options  Options
	token    string
	listener net.Listener
	presence *presence
	turns    chan struct{} // one for each call that is computed
}

// New returns a server that listens on a port of the loopback interface that was free.
func New(o Options) (*Server, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Server{
		options: o, token: rand.Text(), listener: listener,
		presence: newPresence(o.Grace, o.ReloadGrace), turns: make(chan struct{}, maxAtOnce),
	}, nil
}

// host returns "127.0.0.1:port".
func (s *Server) host() string { return s.listener.Addr().String() }

// Address returns the address of the page, with its token.
func (s *Server) Address() string { return "http://" + s.host() + "/#token=" + s.token }

// Serve answers requests until the context is done, or the page that was open is closed. It then returns nil.
func (s *Server) Serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       transferTime,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(io.Discard, "", 0), // of clients that break off
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(s.listener) }()
	select {
	case err := <-failed:
		return err
	case <-s.presence.ended:
	case <-ctx.Done():
	}
	stop()
	grace, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// handler answers all requests.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(s.options.Assets))
	mux.Handle("POST /api/alive", s.guarded(s.alive))
	mux.Handle("POST /api/left", s.guarded(s.left))
	mux.Handle("POST /api/{name}", s.guarded(s.call))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		if r.Host != s.host() {
			refuse(w, http.StatusForbidden, "this server has another address")
			return
		}
		http.NewResponseController(w).SetWriteDeadline(time.Now().Add(callTime + transferTime))
		mux.ServeHTTP(w, r)
	})
}

func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store") // the next server may have the same port
}

// guarded lets only calls of the page through.
func (s *Server) guarded(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch {
		case r.Header.Get("Origin") != "http://"+s.host():
			refuse(w, http.StatusForbidden, "calls are for the page of this server")
		case subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1:
			refuse(w, http.StatusForbidden, "open the address that cnncalc edit printed: it has the token that is missing here")
		default:
			next(w, r)
		}
	})
}

// refuse answers a request that is not the page's.
func refuse(w http.ResponseWriter, status int, message string) {
	write(w, status, pagecall.Encode(nil, pagecall.Errorf(pagecall.Request, "%s", message)))
}

func write(w http.ResponseWriter, status int, answer []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(answer)
}

// call answers a call. Its errors are answers too: a browser would report another status as an error of the page.
func (s *Server) call(w http.ResponseWriter, r *http.Request) {
	c, err := readCall(w, r)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, "the request is too large")
		return
	case err != nil:
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), callTime)
	defer cancel()
	write(w, http.StatusOK, s.answer(ctx, c))
}

// answer computes an answer when it is the call's turn. A call that does not end in time is left to itself, and keeps
// its turn.
func (s *Server) answer(ctx context.Context, c pagecall.Call) []byte {
	select {
	case s.turns <- struct{}{}:
	case <-ctx.Done():
		return pagecall.Encode(nil, ctx.Err())
	}
	answered := make(chan []byte, 1)
	go func() {
		defer func() { <-s.turns }()
		answered <- s.compute(ctx, c)
	}()
	select {
	case answer := <-answered:
		return answer
	case <-ctx.Done():
		return pagecall.Encode(nil, ctx.Err())
	}
}

func (s *Server) compute(ctx context.Context, c pagecall.Call) []byte {
	switch c.Name {
	case "open":
		return pagecall.Encode(s.options.Document.open())
	case "save":
		var request saveRequest
		if err := pagecall.Decode(c.Request, &request); err != nil {
			return pagecall.Encode(nil, err)
		}
		return pagecall.Encode(s.options.Document.save(ctx, request))
	}
	return s.options.Calls.Answer(ctx, c)
}

// readCall reads a request: JSON, or a form of the parts "request", which is JSON, and "bytes".
func readCall(w http.ResponseWriter, r *http.Request) (pagecall.Call, error) {
	controller := http.NewResponseController(w)
	controller.SetReadDeadline(time.Now().Add(transferTime))
	defer controller.SetReadDeadline(time.Time{})
	c := pagecall.Call{Name: r.PathValue("name")}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return c, errors.New("the request has no Content-Type")
	case kind == "application/json":
		c.Request, err = io.ReadAll(http.MaxBytesReader(w, r.Body, pagecall.MaxRequest))
		return c, err
	case kind != "multipart/form-data":
		return c, errors.New("the request is neither JSON nor a form")
	}
	r.Body = http.MaxBytesReader(w, r.Body, pagecall.MaxRequest+pagecall.MaxAttachment)
	form, err := r.MultipartReader()
	if err != nil {
		return c, err
	}
	for _, part := range []struct {
		name  string
		limit int64
		to    *[]byte
	}{{"request", pagecall.MaxRequest, &c.Request}, {"bytes", pagecall.MaxAttachment, &c.Attachment}} {
		next, err := form.NextPart()
		if err != nil || next.FormName() != part.name {
			return c, errors.New("a form has the parts request and bytes")
		}
		if *part.to, err = io.ReadAll(http.MaxBytesReader(w, next, part.limit)); err != nil {
			return c, err
		}
	}
	return c, nil
}
