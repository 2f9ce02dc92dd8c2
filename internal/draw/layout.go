package draw

import (
	"errors"

	"github.com/mattn/go-runewidth"
)

// Distances in pixels. Text in boxes is of a fixed width, so that a box's size is known without a font.
const (
	letterWidth    = 7.3 // of 12px monospace, rounded up: fonts have 0.6 em
	rowHeight      = 18.0
	boxPadX        = 12.0
	boxPadY        = 6.0
	sizeHeight     = 17.0 // of the output's shape, below a box
	framePad       = 14.0
	frameFoot      = 6.0  // below the lowest edge or box
	frameTitle     = 22.0 // of its first line, above all that is in it
	titleRow       = 15.0 // of each further line
	rankGap        = 16.0
	bendGap        = 0.09 // of the longest way to the side, in addition to rankGap
	widestBendGap  = 44.0
	besideLine     = 8.0  // of text at the right of an edge
	besideBox      = 8.0  // of text at the right of a box
	attachDistance = 10.0 // between edges that enter a box
	laneWidth      = 2.0
	margin         = 24.0
)

// maxLanes bounds the places where edges run through ranks, and so the time and memory of a drawing.
const maxLanes = 1 << 21

// errTooLong reports a network whose edges run past too many layers.
var errTooLong = errors.New("too many layers are joined to layers far away: draw fewer with --depth")

// picture is a laid-out diagram.
type picture struct {
	width, height float64
	boxes         []placedBox
	frames        []placedFrame
	paths         []path
}

// rect is a place in the picture: its upper left corner, and its size.
type rect struct{ x, y, w, h float64 }

type placedBox struct {
	*Part
	rect
}

type placedFrame struct {
	*Part
	rect
}

// path is a piece of an edge from a place down to another: straight to y1, bent to x2 at y2, and straight on to the
// end.
type path struct {
	x1, from, y1 float64
	x2, y2, to   float64
	isEnd        bool // has an arrowhead
}

// place lays a diagram out.
func place(d *Diagram) (*picture, error) {
	l := newLayouter(d)
	root, err := l.frame(nil, d.Parts)
	if err != nil {
		return nil, err
	}
	p := &picture{width: root.width + 2*margin, height: root.height + 2*margin}
	l.emit(p, root, margin, margin)
	return p, nil
}

// layouter lays out frames, the inner ones first.
type layouter struct {
	parent map[*Part]*Part // the frame around each part; nil at the top
	inside map[*Part]*inside
	lanes  int
}

// inside is what the edges ask of a frame: the parts in it that they join, and the volumes that cross its border.
type inside struct {
	joints []joint
	seen   map[joint]bool
	laid   *laid
}

// joint is an edge within a frame, of the volume that a box makes: from one part of the frame to another. A nil part
// is the upper border as from, and the lower border as to.
type joint struct {
	from, to *Part
	volume   *Part
}

func newLayouter(d *Diagram) *layouter {
	l := &layouter{parent: map[*Part]*Part{}, inside: map[*Part]*inside{nil: {seen: map[joint]bool{}}}}
	l.adopt(nil, d.Parts)
	for _, e := range d.Edges {
		l.route(e)
	}
	return l
}

// adopt notes the frame around each part.
func (l *layouter) adopt(frame *Part, parts []*Part) {
	for _, p := range parts {
		l.parent[p] = frame
		if p.IsFrame() {
			l.inside[p] = &inside{seen: map[joint]bool{}}
			l.adopt(p, p.Inner)
		}
	}
}

// route cuts an edge at the borders of frames.
func (l *layouter) route(e Edge) {
	from, to := e.From, e.To
	around := map[*Part]bool{}
	for f := l.parent[to]; f != nil; f = l.parent[f] {
		around[f] = true
	}
	for l.parent[from] != nil && !around[l.parent[from]] {
		frame := l.parent[from]
		l.inside[frame].add(joint{from, nil, e.From})
		from = frame
	}
	for l.parent[to] != l.parent[from] {
		frame := l.parent[to]
		l.inside[frame].add(joint{nil, to, e.From})
		to = frame
	}
	l.inside[l.parent[from]].add(joint{from, to, e.From})
}

func (in *inside) add(j joint) {
	if !in.seen[j] {
		in.seen[j] = true
		in.joints = append(in.joints, j)
	}
}

// laid is a laid-out frame. Places are relative to its upper left corner.
type laid struct {
	frame         *Part
	parts         []*Part
	rects         []rect // by part
	width, height float64
	in, out       map[*Part]float64 // x on the upper and the lower border, by the box whose volume crosses it
	paths         []path
}

// frame lays out the parts of a frame, nil for the whole picture.
func (l *layouter) frame(frame *Part, parts []*Part) (*laid, error) {
	for _, p := range parts {
		if !p.IsFrame() {
			continue
		}
		inner, err := l.frame(p, p.Inner)
		if err != nil {
			return nil, err
		}
		l.inside[p].laid = inner
	}
	g, err := l.rank(parts, l.inside[frame].joints)
	if err != nil {
		return nil, err
	}
	g.order()
	g.straighten()
	return g.finish(frame), nil
}

// size returns the width and height that a part takes. That of a box includes the shape below it, at the right of the
// edge from its middle, its share at the left, and how many in a row it represents at the right.
func (l *layouter) size(p *Part) (w, h float64) {
	if p.IsFrame() {
		return l.inside[p].laid.width, l.inside[p].laid.height
	}
	w = max(boxWidth(p), 2*(textWidth(p.below())+besideLine))
	if beside := max(textWidth(p.times()), textWidth(p.share())); beside > 0 {
		w = max(w, boxWidth(p)+2*(beside+besideBox+laneGap/2))
	}
	return w, boxHeight(p) + sizeHeight
}

func boxWidth(p *Part) float64 {
	w := 0.0
	for _, text := range p.lines() {
		w = max(w, textWidth(text))
	}
	return w + 2*boxPadX
}

// titleSize returns the size of the place of a frame's label.
func titleSize(frame *Part) (w, h float64) {
	lines := frame.label()
	for _, line := range lines {
		w = max(w, textWidth(line))
	}
	return w + 2*framePad, frameTitle + float64(len(lines)-1)*titleRow
}

func boxHeight(p *Part) float64 { return float64(len(p.lines()))*rowHeight + 2*boxPadY }

func textWidth(s string) float64 { return float64(runewidth.StringWidth(s)) * letterWidth }

// emit adds a laid-out frame to the picture, with its corner at x, y.
func (l *layouter) emit(p *picture, f *laid, x, y float64) {
	for i, part := range f.parts {
		r := f.rects[i]
		r.x, r.y = r.x+x, r.y+y
		if part.IsFrame() {
			p.frames = append(p.frames, placedFrame{part, r})
			l.emit(p, l.inside[part].laid, r.x, r.y)
			continue
		}
		p.boxes = append(p.boxes, placedBox{part, r})
	}
	for _, piece := range f.paths {
		piece.x1, piece.x2 = piece.x1+x, piece.x2+x
		piece.from, piece.y1, piece.y2, piece.to = piece.from+y, piece.y1+y, piece.y2+y, piece.to+y
		p.paths = append(p.paths, piece)
	}
}
