package sweep

import (
	"context"
	"sync"

	"cnncalc/internal/figure"
	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
)

// Query is what is computed for the combinations of a space.
type Query struct {
	Space   Space
	Base    graph.Options // that the settings of the space are added to
	Use     figure.Use    // whose options are those of the space
	Figures []figure.Figure
	Where   *figure.Condition // that rows must meet; nil for all
	// Network returns the network with some options. The error says why it has problems. It is called concurrently.
	Network func(graph.Options) (*shape.Network, error)
}

// Options returns those of the network of combination i.
func (q *Query) Options(i int64) graph.Options {
	p := q.Space.At(i)
	return q.Space.apply(q.Base, &p)
}

// Row is one combination and its figures.
type Row struct {
	Point
	Input   graph.Shape // the first; zero with a problem, as is Output
	Output  graph.Shape // the main one
	Values  []int64     // of Query.Figures
	Problem error       // why the combination has no figures; nil if it has
	LeftOut bool        // it does not meet Query.Where, and has no values
}

// chunkRows is how many rows a worker computes at a time.
const chunkRows = 16

// chunk is some rows that follow each other.
type chunk struct {
	first, end int64
	rows       chan []Row // receives them once
}

// Run computes the combinations from first to before end with so many workers, and emits them in order, some at a time.
// It ends with the first error of emit, or that of the context.
func (q *Query) Run(ctx context.Context, first, end int64, workers int, emit func([]Row) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	defer done.Wait()
	defer cancel()
	todo := make(chan chunk)
	inOrder := make(chan chunk, 4*workers) // bounds how far the workers are ahead
	done.Go(func() { produce(ctx, first, end, todo, inOrder) })
	for range workers {
		done.Go(func() {
			e := evaluator{query: q, network: -1}
			for c := range todo {
				c.rows <- e.rows(ctx, c.first, c.end)
			}
		})
	}
	for c := range inOrder {
		select {
		case rows := <-c.rows:
			if err := emit(rows); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// produce sends the chunks to both channels, and closes these.
func produce(ctx context.Context, first, end int64, todo, inOrder chan<- chunk) {
	defer close(todo)
	defer close(inOrder)
	for at := first; at < end; {
		next := end
		if end-at > chunkRows {
			next = at + chunkRows
		}
		c := chunk{at, next, make(chan []Row, 1)}
		for _, to := range []chan<- chunk{inOrder, todo} {
			select {
			case to <- c:
			case <-ctx.Done():
				return
			}
		}
		at = next
	}
}

// evaluator computes rows one after the other. It keeps the network of the row before, which the next may share.
type evaluator struct {
	query   *Query
	network int64 // -1 for none
	net     *shape.Network
	problem error
	sheets  []*figure.Sheet // by option of the space, nil where none was needed
}

func (e *evaluator) rows(ctx context.Context, first, end int64) []Row {
	rows := make([]Row, 0, end-first)
	for i := first; i < end && ctx.Err() == nil; i++ {
		rows = append(rows, e.row(i))
	}
	return rows
}

func (e *evaluator) row(i int64) Row {
	q := e.query
	row := Row{Point: q.Space.At(i)}
	if row.Network != e.network {
		e.network = row.Network
		e.net, e.problem = q.Network(q.Space.apply(q.Base, &row.Point))
		e.sheets = make([]*figure.Sheet, len(q.Space.Options))
	}
	if row.Problem = e.problem; row.Problem != nil {
		return row
	}
	row.Input, row.Output = e.net.InputShape(), e.net.Layers[e.net.Outputs[0]].Out
	values := valuesOf{sheet: e.sheet(row.Option), batch: row.Batch}
	if q.Where != nil {
		keeps, err := q.Where.Holds(values.value)
		if row.Problem, row.LeftOut = err, !keeps; err != nil || !keeps {
			return row
		}
	}
	row.Values = make([]int64, len(q.Figures))
	for k, f := range q.Figures {
		if row.Values[k], row.Problem = values.value(f); row.Problem != nil {
			return row
		}
	}
	return row
}

// sheet returns that of the network with an option of the space.
func (e *evaluator) sheet(option int) *figure.Sheet {
	if e.sheets[option] == nil {
		use := e.query.Use
		use.Options = e.query.Space.Options[option]
		e.sheets[option] = figure.NewSheet(e.net, &use)
	}
	return e.sheets[option]
}

// valuesOf computes the figures of one row, each once.
type valuesOf struct {
	sheet *figure.Sheet
	batch int64
	known []known
}

type known struct {
	name  string
	value int64
}

func (v *valuesOf) value(f figure.Figure) (int64, error) {
	for _, k := range v.known {
		if k.name == f.Name {
			return k.value, nil
		}
	}
	value, err := v.sheet.Value(f, v.batch)
	if err == nil {
		v.known = append(v.known, known{f.Name, value})
	}
	return value, err
}
