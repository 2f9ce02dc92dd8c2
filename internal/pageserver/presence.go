package pageserver

import (
	"net/http"
	"sync"
	"time"
)

// beat is the time between two signs of life to a page.
const beat = 15 * time.Second

// presence knows whether the page is open, by the requests that it keeps open for as long.
type presence struct {
	grace, reloadGrace time.Duration
	ended              chan struct{} // closed when the page has been gone for the grace

	mu    sync.Mutex
	open  int
	left  bool        // the page that was open last said so
	timer *time.Timer // until the end, while no page is open; nil before the first
	over  bool
}

func newPresence(grace, reloadGrace time.Duration) *presence {
	return &presence{grace: grace, reloadGrace: reloadGrace, ended: make(chan struct{})}
}

func (p *presence) enter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open++
	p.left = false
	if p.timer != nil {
		p.timer.Stop()
	}
}

func (p *presence) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	p.wait()
}

// sayLeft notes that the page was left, rather than lost.
func (p *presence) sayLeft() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = true
	p.wait()
}

// wait starts the grace if no page is open. The lock is held.
func (p *presence) wait() {
	if p.open > 0 {
		return
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	grace := p.grace
	if p.left {
		grace = p.reloadGrace
	}
	p.timer = time.AfterFunc(grace, p.end)
}

func (p *presence) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == 0 && !p.over {
		p.over = true
		close(p.ended)
	}
}

// alive keeps a request open for as long as the page is, and sends a line now and then.
func (s *Server) alive(w http.ResponseWriter, r *http.Request) {
	s.presence.enter()
	defer s.presence.leave()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	controller := http.NewResponseController(w)
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		controller.SetWriteDeadline(time.Now().Add(2 * beat))
		if _, err := w.Write([]byte("\n")); err != nil || controller.Flush() != nil {
			return
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
	}
}

// left ends the wait for the page early: it was closed, or is loaded again.
func (s *Server) left(w http.ResponseWriter, _ *http.Request) {
	s.presence.sayLeft()
	w.WriteHeader(http.StatusNoContent)
}
