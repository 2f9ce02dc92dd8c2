package spec

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// place is a place in the text during lowering: the last result, and what the text there can see.
type place struct {
	scope
	last   int // the node that the next item reads
	labels *labels
	// In the chain of a head: the labels outside it, which get its labels too, after the head's name and a point.
	exported *labels
	headText string // of the head that the text belongs to, unless it belongs to a block
	within   *frame
	names    *counter // of layers and of calls here
	isInline bool     // in an inline block, whose labels do not name layers
	blocks   []*block // being expanded, outermost first
}

// text returns the name of the block that the text belongs to, the text of a head, or "" for the layers.
func (at *place) text() string {
	if len(at.blocks) == 0 {
		return at.headText
	}
	return at.blocks[len(at.blocks)-1].name
}

// top returns the place before the layers.
func (l *lowerer) top() *place {
	return &place{scope: l.globals(), labels: &labels{}, names: &counter{}}
}

// globals returns the scope outside all blocks and repeats.
func (l *lowerer) globals() scope {
	return scope{vars: l.vars, varsUnread: l.file.varsUnread, operations: &l.steps}
}

// frame is a turn of a repeat or a call of a block. It is described only when a node or a problem needs it, since most
// turns of a hostile file have neither.
type frame struct {
	outer *frame
	scope *graph.Scope // nil until it is described
	block *block       // nil for a turn
	call  string       // its name and running number, "inception3"
	name  string       // the same after the names of the calls around it
	turn  turn
	pos   diag.Pos
}

// describe returns the scope of nodes in the frame.
func (f *frame) describe() *graph.Scope {
	if f == nil {
		return nil
	}
	if f.scope != nil {
		return f.scope
	}
	f.scope = &graph.Scope{Outer: f.outer.describe(), Pos: f.pos}
	if f.block == nil {
		f.scope.Turn, f.scope.Turns = f.turn.index+1, f.turn.count
		return f.scope
	}
	f.scope.Call = f.call
	f.scope.Block, f.scope.Name = f.block.name, f.name
	f.scope.IsInline = f.block.isInline
	f.scope.Module, f.scope.TakesList = f.block.isModule, f.block.takesList
	return f.scope
}
