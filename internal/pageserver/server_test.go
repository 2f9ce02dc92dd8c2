package pageserver

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/network"
	"cnncalc/internal/pagecall"
	"cnncalc/internal/pagerun"
)

// answers returns those of cnncalc edit.
func answers() map[string]pagecall.Answerer {
	all := pagecall.Answers()
	maps.Copy(all, pagerun.Answers())
	return all
}

// started is a server that runs until the end of the test.
type started struct {
	*Server
	t      *testing.T
	stop   context.CancelFunc
	served chan error
}

func start(t *testing.T, d *Document) *started {
	t.Helper()
	assets := fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}, "page.js": {Data: []byte("1")}}
	s, err := New(Options{
		Assets: assets, Calls: &pagecall.Calls{Answers: answers()}, Document: d, Grace: time.Minute, ReloadGrace: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	st := &started{s, t, stop, make(chan error, 1)}
	go func() { st.served <- s.Serve(ctx) }()
	t.Cleanup(stop)
	return st
}

// request returns a request that the server accepts.
func (s *started) request(method, path, body string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequest(method, "http://"+s.host()+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Origin", "http://"+s.host())
		r.Header.Set("Authorization", "Bearer "+s.token)
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func (s *started) do(r *http.Request) (status int, header http.Header, body string) {
	s.t.Helper()
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(data)
}

// call calls and returns the answer.
func (s *started) call(name, request string, to any) *pagecall.Error {
	s.t.Helper()
	status, _, body := s.do(s.request("POST", "/api/"+name, request))
	if status != http.StatusOK {
		s.t.Fatalf("%s: status %d: %s", name, status, body)
	}
	answer := struct {
		Result any
		Error  *pagecall.Error
	}{Result: to}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		s.t.Fatalf("%s: %v in %s", name, err, body)
	}
	return answer.Error
}

func TestRequestsThatAreRefused(t *testing.T) {
	s := start(t, &Document{Path: filepath.Join(t.TempDir(), "net.yaml")})
	for _, test := range []struct {
		name   string
		path   string
		method string
		change func(*http.Request)
		status int
	}{
		{"the page", "/", "GET", nil, 200},
		{"a script", "/page.js", "GET", nil, 200},
		{"a call", "/api/list", "POST", nil, 200},
		{"a call with its charset", "/api/list", "POST",
			func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-8") }, 200},
		{"another name of this machine", "/", "GET", func(r *http.Request) { r.Host = "localhost:80" }, 403},
		{"a name that was made to resolve here", "/api/list", "POST",
			func(r *http.Request) { r.Host = "evil.example" + s.host()[len("127.0.0.1"):] }, 403},
		{"the same host without its port", "/", "GET", func(r *http.Request) { r.Host = "127.0.0.1" }, 403},
		{"another origin", "/api/list", "POST",
			func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		{"the origin of a file", "/api/list", "POST", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"the origin of another port", "/api/list", "POST",
			func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") }, 403},
		{"no origin", "/api/list", "POST", func(r *http.Request) { r.Header.Del("Origin") }, 403},
		{"no token", "/api/list", "POST", func(r *http.Request) { r.Header.Del("Authorization") }, 403},
		{"an empty token", "/api/list", "POST", func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }, 403},
		{"another token", "/api/open", "POST",
			func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+strings.Repeat("A", 26)) }, 403},
		{"a part of the token", "/api/open", "POST",
			func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+s.token[:20]) }, 403},
		{"a token in the address", "/api/list?token=" + s.token, "POST",
			func(r *http.Request) { r.Header.Del("Authorization") }, 403},
		{"presence without a token", "/api/alive", "POST", func(r *http.Request) { r.Header.Del("Authorization") }, 403},
		{"the end without a token", "/api/left", "POST", func(r *http.Request) { r.Header.Del("Authorization") }, 403},
		{"a call that is not posted", "/api/open", "GET", nil, 404},
		{"a question before a call of another site", "/api/open", "OPTIONS", nil, 405},
		{"a file that is not of the page", "/net.yaml", "GET", nil, 404},
		{"a folder above", "/../../etc/passwd", "GET", nil, 404},
		{"a folder above, escaped", "/..%2f..%2fetc%2fpasswd", "GET", nil, 404},
		{"a path below a call", "/api/open/..%2fx", "POST", nil, 405},
		{"text", "/api/list", "POST", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 400},
		{"a simple form", "/api/list", "POST",
			func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 400},
		{"no type", "/api/list", "POST", func(r *http.Request) { r.Header.Del("Content-Type") }, 400},
		{"a form without a boundary", "/api/list", "POST",
			func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data") }, 400},
	} {
		body := ""
		if test.method == "POST" {
			body = "{}"
		}
		r := s.request(test.method, test.path, body)
		if test.change != nil {
			test.change(r)
		}
		status, header, answer := s.do(r)
		for status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect {
			status, header, answer = s.do(s.request(test.method, header.Get("Location"), body))
		}
		if status != test.status {
			t.Errorf("%s: status %d, want %d: %s", test.name, status, test.status, answer)
		}
		if strings.Contains(answer, s.token) {
			t.Errorf("%s: the answer has the token: %s", test.name, answer)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": "",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", test.name, name, got, want)
			}
		}
		if test.status == 200 && header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control is %q", test.name, header.Get("Cache-Control"))
		}
	}
}

func TestTokensAreNotGuessed(t *testing.T) {
	d := &Document{Path: filepath.Join(t.TempDir(), "net.yaml")}
	one, other := start(t, d), start(t, d)
	if one.token == other.token || len(one.token) < 26 {
		t.Errorf("tokens %q and %q", one.token, other.token)
	}
	host, _, err := net.SplitHostPort(one.host())
	if err != nil || host != "127.0.0.1" {
		t.Errorf("the server listens on %s", one.host())
	}
	if want := "http://" + one.host() + "/#token=" + one.token; one.Address() != want {
		t.Errorf("the address is %s, want %s", one.Address(), want)
	}
}

func TestBodiesThatAreTooLarge(t *testing.T) {
	s := start(t, &Document{Path: filepath.Join(t.TempDir(), "net.yaml")})
	r := s.request("POST", "/api/show", "")
	r.Body = io.NopCloser(io.LimitReader(zeros{}, pagecall.MaxRequest+1))
	r.ContentLength = -1
	if status, _, body := s.do(r); status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d: %s", status, body)
	}
	long := strings.Repeat("x", network.MaxFileSize+1)
	if err := s.call("save", `{"text": "`+long+`"}`, nil); err == nil || err.Code != pagecall.Limit {
		t.Errorf("a text that no file may have was saved: %v", err)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestAttachments(t *testing.T) {
	s := start(t, &Document{Path: filepath.Join(t.TempDir(), "net.yaml")})
	model, err := os.ReadFile("../../testdata/onnx/" + anyModel(t))
	if err != nil {
		t.Fatal(err)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	w.WriteField("request", `{"name": "m.onnx"}`)
	part, _ := w.CreateFormFile("bytes", "blob")
	part.Write(model)
	w.Close()
	r := s.request("POST", "/api/convert", form.String())
	r.Header.Set("Content-Type", w.FormDataContentType())
	if status, _, body := s.do(r); status != http.StatusOK || !strings.Contains(body, "layers:") {
		t.Errorf("status %d: %s", status, body)
	}
	r = s.request("POST", "/api/convert", form.String()[:form.Len()/2])
	r.Header.Set("Content-Type", w.FormDataContentType())
	if status, _, body := s.do(r); status != http.StatusBadRequest {
		t.Errorf("half a form: status %d: %s", status, body)
	}
}

func anyModel(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob("../../testdata/onnx/*.onnx")
	if err != nil || len(names) == 0 {
		t.Fatal("there is no model", err)
	}
	return filepath.Base(names[0])
}

func TestSaving(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.yaml")
	writeFile(t, path, "layers: FC-1\n")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, &Document{Path: path})

	var file opened
	if err := s.call("open", "{}", &file); err != nil {
		t.Fatal(err)
	}
	if want := (opened{"net.yaml", "layers: FC-1\n", file.Version, ""}); file != want || file.Version == "" {
		t.Errorf("opened %+v", file)
	}
	var first saved
	if err := s.call("save", `{"text": "layers: FC-2\n", "version": "`+file.Version+`"}`, &first); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, path); got != "layers: FC-2\n" {
		t.Errorf("the file has %q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("the file has the mode %v, want -rw-------", info.Mode())
	}

	writeFile(t, path, "layers: FC-3\n") // by another program
	err := s.call("save", `{"text": "lost", "version": "`+first.Version+`"}`, nil)
	if want := (&pagecall.Error{Code: pagecall.Conflict, Message: path +
		" has changed on disk in the meantime"}); !cmp.Equal(want, err) {
		t.Errorf("a conflict is %v, want %v", err, want)
	}
	if got := readFile(t, path); got != "layers: FC-3\n" {
		t.Errorf("after a conflict the file has %q", got)
	}
	s.call("open", "{}", &file)
	if err := s.call("save", `{"text": "layers: FC-4\n", "version": "`+file.Version+`"}`, &first); err != nil {
		t.Errorf("after the file was opened again: %v", err)
	}

	os.Remove(path)
	if err := s.call("save", `{"text": "x", "version": "`+first.Version+`"}`, nil); err == nil ||
		err.Code != pagecall.Conflict {
		t.Errorf("a file that was removed: %v", err)
	}
	if names, _ := os.ReadDir(filepath.Dir(path)); len(names) != 0 {
		t.Errorf("files stay behind: %v", names)
	}
}

func TestNewFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.yaml")
	s := start(t, &Document{Path: path, Initial: "layers: FC-1\n", Note: "a copy of the built-in x"})
	var file opened
	s.call("open", "{}", &file)
	if want := (opened{"new.yaml", "layers: FC-1\n", "", "a copy of the built-in x"}); file != want {
		t.Errorf("opened %+v, want %+v", file, want)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file exists before it is saved")
	}
	writeFile(t, path, "of another program")
	if err := s.call("save", `{"text": "x", "version": ""}`, nil); err == nil || err.Code != pagecall.Conflict {
		t.Errorf("a file that came into being meanwhile: %v", err)
	}
	os.Remove(path)
	var now saved
	if err := s.call("save", `{"text": "layers: FC-2\n", "version": ""}`, &now); err != nil {
		t.Fatal(err)
	}
	s.call("open", "{}", &file)
	if want := (opened{"new.yaml", "layers: FC-2\n", now.Version, ""}); file != want {
		t.Errorf("opened %+v, want %+v", file, want)
	}
}

// A link stays, and what it is of is replaced.
func TestSavingThroughALink(t *testing.T) {
	folder := t.TempDir()
	target, link := filepath.Join(folder, "target.yaml"), filepath.Join(folder, "link.yaml")
	writeFile(t, target, "old")
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	s := start(t, &Document{Path: link})
	var file opened
	s.call("open", "{}", &file)
	if err := s.call("save", `{"text": "new", "version": "`+file.Version+`"}`, nil); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != os.ModeSymlink || readFile(t, target) != "new" {
		t.Errorf("the link is %v, and its target has %q", info.Mode(), readFile(t, target))
	}
}

func TestRequestsToSaveThatAreWrong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.yaml")
	s := start(t, &Document{Path: path})
	for _, request := range []string{``, `[]`, `{"text": 1}`, `{"text": "x", "path": "/tmp/other"}`, `{"text": "x"} {}`} {
		if err := s.call("save", request, nil); err == nil || err.Code != pagecall.Request {
			t.Errorf("save %s: %v", request, err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file was written")
	}
}

// The server ends a while after the page, and not while it is loaded again.
func TestTheEndOfThePage(t *testing.T) {
	s := start(t, &Document{Path: filepath.Join(t.TempDir(), "net.yaml")})
	open := func() io.Closer {
		response, err := http.DefaultTransport.RoundTrip(s.request("POST", "/api/alive", ""))
		if err != nil {
			t.Fatal(err)
		}
		if line := make([]byte, 1); response.StatusCode != 200 || must(response.Body.Read(line)) != 1 {
			t.Fatalf("status %d", response.StatusCode)
		}
		return response.Body
	}
	first, second := open(), open()
	first.Close()
	select {
	case err := <-s.served:
		t.Fatalf("the server ended while a page was open: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	s.do(s.request("POST", "/api/left", ""))
	second.Close()
	if err := <-s.served; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", s.host()); err == nil {
		t.Error("the port is still open")
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// An interrupt ends the server although a page is open.
func TestInterrupt(t *testing.T) {
	s := start(t, &Document{Path: filepath.Join(t.TempDir(), "net.yaml")})
	response, err := http.DefaultTransport.RoundTrip(s.request("POST", "/api/alive", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	s.stop()
	if err := <-s.served; err != nil {
		t.Error(err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
