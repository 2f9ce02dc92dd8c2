// Package htmlreport writes documents of networks as one HTML file that opens from a disk: it asks nothing of any host,
// and is a document without JavaScript too. With it, the views of the page of cnncalc edit take the place of tables.
//
// All text of users is escaped. The file's policy allows its own script and styles by their hashes and nothing else.
package htmlreport

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/page"
	"cnncalc/internal/pattern"
	"cnncalc/internal/plain"
	"cnncalc/internal/study"
	"cnncalc/internal/svg"
)

// Write returns the report of networks without problems. Equal documents make equal bytes.
func Write(documents []*study.Document) ([]byte, error) {
	data, err := pack(documents)
	if err != nil {
		return nil, err
	}
	w := &writer{}
	w.head(documents)
	w.comparison(documents)
	heading := "h1"
	if len(documents) > 1 {
		heading = "h2"
	}
	for k, d := range documents {
		w.network(k, d, heading)
	}
	w.printf("</main>\n<script type=\"application/json\" id=\"data\">%s</script>\n<script>%s</script>\n</body>\n</html>\n",
		data, page.ReportScript)
	return w.finish(), nil
}

// writer collects the file.
type writer struct{ bytes.Buffer }

// printf adds HTML. Text of a user must go through escape.
func (w *writer) printf(format string, args ...any) { fmt.Fprintf(w, format, args...) }

// escape returns text as content or as an attribute in double quotes; characters that reorder it are made visible.
func escape(text string) string { return svg.Escape(plain.CutMessage(text)) }

// policyMark is where the policy is put in when all styles are known.
const policyMark = "<!-- policy -->"

func (w *writer) head(documents []*study.Document) {
	var names []string
	for _, d := range documents {
		names = append(names, d.Name)
	}
	title := escape(strings.Join(names, ", "))
	w.printf("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n%s\n"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"+
		"<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"cnncalc\">\n"+
		"<title>%s - cnncalc</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n", policyMark, title, page.ReportStyle)
	if len(documents) > 1 {
		w.printf("<h1>%s</h1>\n", title)
	}
}

// styles finds the style elements of the file.
var styles = pattern.Lazy(`(?s)<style>(.*?)</style>`)

// finish puts the policy in.
func (w *writer) finish() []byte {
	hashes := map[string]bool{}
	for _, style := range styles().FindAllSubmatch(w.Bytes(), -1) {
		hashes[hashOf(style[1])] = true
	}
	var allowed []string
	for hash := range hashes {
		allowed = append(allowed, hash)
	}
	slices.Sort(allowed)
	policy := fmt.Sprintf(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src %s; `+
		`style-src %s; base-uri 'none'; form-action 'none'">`, hashOf([]byte(page.ReportScript)), strings.Join(allowed, " "))
	return bytes.Replace(w.Bytes(), []byte(policyMark), []byte(policy), 1)
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// comparison writes the figures of several networks side by side, those after the first with their ratio to it.
func (w *writer) comparison(documents []*study.Document) {
	if len(documents) < 2 {
		return
	}
	w.printf("<section class=\"panel\" aria-labelledby=\"comparison\">\n<h2 id=\"comparison\">Side by side</h2>\n" +
		"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Figures of the networks\">" +
		"<table><thead><tr><th scope=\"col\">figure</th>")
	for k, d := range documents {
		w.printf("<th scope=\"col\" class=\"number\"><a href=\"#n%d\">%s</a></th>", k, escape(d.Name))
	}
	w.printf("</tr></thead><tbody>\n")
	for _, name := range figureNames(documents) {
		first := figureOf(documents[0], name)
		title := name
		for _, d := range documents {
			if f := figureOf(d, name); f != nil {
				title = f.Title
			}
		}
		w.printf("<tr><th scope=\"row\">%s</th>", escape(title))
		for k, d := range documents {
			w.printf("<td class=\"number\">%s</td>", comparedText(figureOf(d, name), first, k > 0))
		}
		w.printf("</tr>\n")
	}
	w.printf("</tbody></table></div>\n</section>\n")
}

// figureNames returns the names of all figures that any of the networks has, in order.
func figureNames(documents []*study.Document) []string {
	var names []string
	for _, d := range documents {
		for _, f := range d.Totals {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

func figureOf(d *study.Document, name string) *study.Total {
	for i := range d.Totals {
		if d.Totals[i].Name == name {
			return &d.Totals[i]
		}
	}
	return nil
}

func comparedText(f, first *study.Total, withRatio bool) string {
	if f == nil {
		return "-"
	}
	text := escape(f.Text)
	if withRatio && first != nil && first.Value > 0 {
		text += fmt.Sprintf(" <span class=\"soft\">x%.2f</span>", float64(f.Value)/float64(first.Value))
	}
	return text
}

// network writes the sections of a network.
func (w *writer) network(k int, d *study.Document, heading string) {
	w.printf("<article class=\"network\" id=\"n%d\" data-network=\"%d\">\n<header><%s id=\"n%d-title\">%s</%s>\n", k, k,
		heading, k, escape(d.Name), heading)
	if d.Description != "" {
		w.printf("<p>%s</p>\n", escape(d.Description))
	}
	w.printf("<p class=\"soft\">%s</p>\n</header>\n", escape(describe(d)))
	w.totals(d)
	w.notes(k, d)
	w.pictures(k, d)
	w.layers(k, d)
	w.memory(k, d)
	w.batches(k, d)
	w.roofline(k, d)
	w.fields(k, d)
	w.explanations(k, d)
	w.basis(d)
	w.printf("</article>\n")
}

// describe says what the network reads and is used for.
func describe(d *study.Document) string {
	var sizes []string
	for _, in := range d.Inputs {
		sizes = append(sizes, in.Size)
	}
	s := d.Settings
	text := fmt.Sprintf("Input %s. %s with a batch of %s, %s", strings.Join(sizes, " and "), upperFirst(s.Mode),
		plain.Count(s.Batch), s.DType)
	if s.Optimizer != "" {
		text += ", " + s.Optimizer
	}
	return text + fmt.Sprintf(", PyTorch %s. Machine: %s, %s.", s.Torch, s.Peak, s.Bandwidth)
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (w *writer) totals(d *study.Document) {
	w.printf("<dl class=\"totals\">\n")
	for _, f := range d.Totals {
		mark := ""
		if f.Estimate {
			mark = " <span class=\"soft\">estimate</span>"
		}
		w.printf("<div title=\"%s\"><dt>%s</dt><dd>%s%s</dd></div>\n", escape(f.What), escape(f.Title), escape(f.Text), mark)
	}
	w.printf("</dl>\n")
}

// open and shut write a section with a heading; the view is put into the element of the same name. Its label has the
// network's name too, since several networks have such a section.
func (w *writer) open(k int, name, title string) {
	w.printf("<section class=\"panel\" aria-labelledby=\"n%d-title n%d-%s-title\"><h2 id=\"n%d-%s-title\">%s</h2>\n"+
		"<div id=\"n%d-%s\">\n", k, k, name, k, name, title, k, name)
}

func (w *writer) shut() { w.printf("</div></section>\n") }

func (w *writer) notes(k int, d *study.Document) {
	if len(d.Problems) == 0 && len(d.Failures) == 0 {
		return
	}
	w.open(k, "notes", "Notes")
	w.printf("<ul class=\"notes\">\n")
	for _, p := range d.Problems {
		place := ""
		if p.Line > 0 {
			place = fmt.Sprintf("%d:%d ", p.Line, p.Column)
		}
		w.printf("<li><span class=\"soft\">%s</span>%s", place, escape(p.Message))
		if p.Hint != "" {
			w.printf("<br><span class=\"soft\">%s</span>", escape(p.Hint))
		}
		w.printf("</li>\n")
	}
	for _, failure := range d.Failures {
		w.printf("<li>%s</li>\n", escape(failure))
	}
	w.printf("</ul>\n")
	w.shut()
}

// onPaper has a drawing be no wider than a page.
const onPaper = "<style>@media print { svg { max-width: 100%; height: auto } }</style>"

// pictures writes the drawings in shadow trees, so that their styles are for them alone.
func (w *writer) pictures(k int, d *study.Document) {
	for _, p := range []struct{ name, title, svg string }{{"graph", "Graph", d.Graph}, {"volumes", "Volumes", d.Volumes}} {
		if p.svg == "" {
			continue
		}
		w.open(k, p.name, p.title)
		w.printf("<div class=\"wide drawing\" tabindex=\"0\" role=\"region\" aria-label=\"%s of %s\">"+
			"<div><template shadowrootmode=\"open\">%s%s</template></div></div>\n", p.title, escape(d.Name), p.svg, onPaper)
		if p.name == "graph" && d.FoldedGraph != "" {
			w.printf("<template class=\"folded\">%s</template>\n", d.FoldedGraph) // for the script
		}
		w.shut()
	}
}

// layerColumns are the headings of the table of layers; those from the fourth on are numbers.
func layerColumns() []string {
	return []string{"name", "layer", "output", "activations", "parameters", "MACs", "saved", "field"}
}

func (w *writer) layers(k int, d *study.Document) {
	w.open(k, "layers", "Layers")
	w.table("Layers of "+d.Name, layerColumns(), 3)
	for _, l := range d.Layers {
		field := ""
		if l.Field != nil {
			field = fmt.Sprintf("%dx%d", l.Field.Size[0], l.Field.Size[1])
		}
		w.printf("<tr><td>%s<td>%s<td>%s<td>%s<td>%s<td>%s<td>%s<td>%s\n", escape(l.Name), escape(l.Text), l.Output,
			count(l.Values), count(l.Parameters), count(l.MACs), count(l.Saved), field)
	}
	w.endTable()
	w.shut()
}

// table starts a table whose columns from the given one on are numbers.
func (w *writer) table(label string, columns []string, numbers int) {
	w.printf("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"+
		"<table class=\"numbers-%d\"><thead><tr>", escape(label), numbers)
	for _, c := range columns {
		w.printf("<th scope=\"col\">%s", c)
	}
	w.printf("</thead><tbody>\n")
}

func (w *writer) endTable() { w.printf("</tbody></table></div>\n") }

// count returns a number, "" for 0.
func count(n int64) string {
	if n == 0 {
		return ""
	}
	return plain.Count(n)
}

// mostTensors is how many tensors of the peak the document lists.
const mostTensors = 12

func (w *writer) memory(k int, d *study.Document) {
	if d.Memory == nil {
		return
	}
	w.open(k, "memory", "Memory over the steps")
	m := d.Memory
	peak := m.Steps[m.At]
	w.printf("<p>The peak is %s, at %s (%s). These are the largest tensors alive then:</p>\n", plain.Bytes(m.Peak),
		escape(peak.Layer), peak.Phase)
	w.table("Tensors at the peak", []string{"tensor", "what", "size"}, 2)
	shown := 0
	for _, t := range m.Tensors {
		if t.From > m.At || t.To < m.At || shown == mostTensors {
			continue
		}
		shown++
		w.printf("<tr><td>%s<td>%s<td>%s\n", escape(t.Name), t.Part, plain.Bytes(t.Bytes))
	}
	w.endTable()
	w.shut()
}

func (w *writer) batches(k int, d *study.Document) {
	if d.Batches == nil {
		return
	}
	w.open(k, "batches", "Batch and memory")
	w.table("Memory of batches", []string{"batch", "memory"}, 0)
	for _, p := range d.Batches.Points {
		w.printf("<tr><td>%s<td>%s\n", plain.Count(p.Batch), plain.Bytes(p.Bytes))
	}
	w.endTable()
	w.table("Devices", []string{"device", "for the network", "largest batch"}, 1)
	for _, l := range d.Batches.Devices {
		w.printf("<tr><td>%s<td>%s<td>%s\n", escape(l.Name), plain.Bytes(l.Bytes), plain.Count(l.Largest))
	}
	w.endTable()
	w.shut()
}

// mostSlow is how many layers the roofline lists.
const mostSlow = 10

func (w *writer) roofline(k int, d *study.Document) {
	if d.Roofline == nil {
		return
	}
	w.open(k, "roofline", "Roofline")
	w.printf("<p>Below %.3g MACs per byte, memory bounds a layer on this machine; above, arithmetic does. These layers "+
		"take the longest, at least:</p>\n", d.Roofline.Ridge)
	layers := slices.DeleteFunc(slices.Clone(d.Layers), func(l study.Layer) bool { return l.Moved == 0 })
	slices.SortStableFunc(layers, func(a, b study.Layer) int {
		return cmp.Compare(d.Roofline.LeastTime(b), d.Roofline.LeastTime(a))
	})
	w.table("Slowest layers", []string{"name", "layer", "MACs per byte", "at least"}, 2)
	for _, l := range layers[:min(mostSlow, len(layers))] {
		w.printf("<tr><td>%s<td>%s<td>%.3g<td>%s\n", escape(l.Name), escape(l.Text), d.Roofline.Intensity(l),
			plain.Duration(study.Seconds(d.Roofline.LeastTime(l))))
	}
	w.endTable()
	w.shut()
}

// mostFields is how many layers the receptive fields list.
const mostFields = 24

// fields lists the layers that see more than all before them.
func (w *writer) fields(k int, d *study.Document) {
	var layers []study.Layer
	most := int64(0)
	for _, l := range d.Layers {
		if l.Field != nil && !l.Training && max(l.Field.Size[0], l.Field.Size[1]) > most {
			most = max(l.Field.Size[0], l.Field.Size[1])
			layers = append(layers, l)
		}
	}
	if len(layers) == 0 {
		return
	}
	w.open(k, "fields", "Receptive fields")
	w.printf("<p>The pixels of the picture that one value of a layer sees, where they are more than before%s:</p>\n",
		ofAll(len(layers), mostFields))
	w.table("Receptive fields", []string{"name", "layer", "width", "height", "jump"}, 2)
	for _, l := range layers[:min(mostFields, len(layers))] {
		w.printf("<tr><td>%s<td>%s<td>%s<td>%s<td>%g\n", escape(l.Name), escape(l.Text), plain.Count(l.Field.Size[0]),
			plain.Count(l.Field.Size[1]), l.Field.Jump[0])
	}
	w.endTable()
	w.shut()
}

// ofAll says that only some are shown, "" if all are.
func ofAll(all, shown int) string {
	if all <= shown {
		return ""
	}
	return fmt.Sprintf(" (the first %d of %s)", shown, plain.Count(int64(all)))
}

// explanations writes the arithmetic, once for all layers that have the same.
func (w *writer) explanations(k int, d *study.Document) {
	w.open(k, "explain", "The arithmetic of the layers")
	names := make([][]string, len(d.Explanations))
	first := make([]*study.Layer, len(d.Explanations))
	for i := range d.Layers {
		l := &d.Layers[i]
		names[l.Explained] = append(names[l.Explained], l.Name)
		first[l.Explained] = cmp.Or(first[l.Explained], l)
	}
	said := map[string]bool{}
	for i, e := range d.Explanations {
		w.printf("<details><summary><b>%s</b> %s%s</summary><dl>\n", escape(first[i].Name), escape(first[i].Text),
			others(names[i]))
		for _, line := range e.Lines {
			w.printf("<dt>%s<dd>%s\n", escape(line.Topic), escape(line.Text))
		}
		if text := d.Backward[first[i].Kind]; text != "" && !said[first[i].Kind] {
			said[first[i].Kind] = true
			w.printf("<dt>backward pass<dd>%s\n", escape(text))
		}
		w.printf("</dl></details>\n")
	}
	w.shut()
}

func others(names []string) string {
	if len(names) == 1 {
		return ""
	}
	return fmt.Sprintf(" <span class=\"soft\">and %s more like it</span>", plain.Count(int64(len(names)-1)))
}

func (w *writer) basis(d *study.Document) {
	if d.Memory == nil {
		return
	}
	w.printf("<footer class=\"soft\">\n")
	for _, sentence := range d.Memory.Basis {
		w.printf("<p>%s</p>\n", escape(sentence))
	}
	if d.Reference != "" {
		w.printf("<p>%s</p>\n", escape(d.Reference))
	}
	w.printf("</footer>\n")
}
