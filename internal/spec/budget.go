package spec

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/pattern"
)

// maxBudgetItems is the most limits of a network, and the most networks of a file of budgets.
const maxBudgetItems = 100

const exampleBudgets = "for example networks: {mynet.yaml: {parameters: 5M}}"

// NetworkBudget is the budget of the networks that a pattern names, in a file of budgets.
type NetworkBudget struct {
	Pattern string // of paths and of names of built-in networks
	Pos     diag.Pos
	Items   []graph.BudgetItem
}

// ReadBudgets reads a file that gives budgets to several networks. The Source prints the problems.
func ReadBudgets(name string, data []byte) ([]NetworkBudget, *diag.Source, diag.List) {
	source, text, problem := readText(name, data, needsOfBudgets)
	if problem != nil {
		return nil, source, diag.List{*problem}
	}
	w := newWalker(newFile(), source.Lines, needsOfBudgets)
	var budgets []NetworkBudget
	untilCrowded(func() {
		if root := w.document(text); root != nil {
			budgets = w.budgets(root)
		}
	})
	return budgets, source, w.problems
}

// budgets reads all of a file of budgets.
func (w *walker) budgets(root *yaml.Node) []NetworkBudget {
	entries, ok := w.mapping(root, "a file of budgets")
	var all []NetworkBudget
	for _, e := range entries {
		if e.key != "networks" {
			w.unknownKey(e, "a file of budgets", []string{"networks"})
			continue
		}
		networks, isMapping := w.mapping(e.value, e.key)
		if isMapping && len(networks) == 0 {
			w.add(w.posOf(e.value), "yaml/value", "networks names no network").WithHint("%s", exampleBudgets)
		}
		if len(networks) > maxBudgetItems {
			w.add(e.pos, "yaml/value", "networks has more than %d patterns", maxBudgetItems).
				WithHint("a pattern such as nets/*.yaml names several networks")
			return nil
		}
		for _, n := range networks {
			all = append(all, NetworkBudget{n.key, n.pos, w.budgetItems(n.value, n.key)})
		}
	}
	if ok && len(entries) == 0 {
		w.add(diag.Pos{}, "yaml/missing-key", "the key networks is missing").WithHint("%s", exampleBudgets)
	}
	return all
}

// budget reads the limits of the network's figures.
func (w *walker) budget(entries map[string]entry) {
	if e, ok := entries["budget"]; ok {
		w.file.budget = w.budgetItems(e.value, e.key)
	}
}

// budgetItems reads a mapping of figures to what limits them: a largest value, settings, or a list of these. Package
// budget reads the names of figures and the texts of values.
func (w *walker) budgetItems(n *yaml.Node, what string) []graph.BudgetItem {
	figures, ok := w.mapping(n, what)
	if ok && len(figures) == 0 {
		w.add(w.posOf(n), "yaml/value", "%s has no limit", what).WithHint("for example {parameters: 5M}")
	}
	var items []graph.BudgetItem
	for _, f := range figures {
		values := []*yaml.Node{f.value}
		if list := w.resolve(f.value); list.Kind == yaml.SequenceNode {
			values = list.Content
			if len(values) == 0 {
				w.add(w.posOf(list), "yaml/value", "the list for %s is empty", f.key)
			}
		}
		for _, v := range values {
			if len(items) == maxBudgetItems {
				w.add(f.pos, "yaml/value", "%s has more than %d limits", what, maxBudgetItems)
				return items
			}
			if settings, ok := w.budgetSettings(v, f.key); ok {
				items = append(items, graph.BudgetItem{Figure: f.key, Pos: f.pos, Settings: settings})
			}
		}
	}
	return items
}

// budgetSettings reads one limit: {max: 50MB, batch: 8}, or 50MB alone.
func (w *walker) budgetSettings(n *yaml.Node, figure string) (settings []graph.BudgetSetting, ok bool) {
	n = w.resolve(n)
	if n.Kind != yaml.MappingNode {
		n, ok = w.scalar(n, figure)
		if !ok {
			return nil, false
		}
		pos := w.posOf(n)
		return []graph.BudgetSetting{{Key: graph.BudgetMax, Value: n.Value, Pos: pos, ValuePos: pos}}, true
	}
	entries, ok := w.mapping(n, figure)
	for _, e := range entries {
		v, isScalar := w.scalar(e.value, e.key)
		if !isScalar {
			ok = false
			continue
		}
		settings = append(settings, graph.BudgetSetting{Key: e.key, Value: v.Value, Pos: e.pos, ValuePos: w.posOf(v)})
	}
	return settings, ok
}

// printBudget writes the limits, those of one figure as a list.
func printBudget(b *strings.Builder, items []graph.BudgetItem) {
	if len(items) == 0 {
		return
	}
	b.WriteString("budget:\n")
	for i := 0; i < len(items); {
		end := i + 1
		for end < len(items) && items[end].Figure == items[i].Figure {
			end++
		}
		b.WriteString("  " + quote(items[i].Figure) + ":")
		for _, item := range items[i:end] {
			if end-i > 1 {
				b.WriteString("\n    -")
			}
			b.WriteString(" " + budgetText(item.Settings))
		}
		b.WriteString("\n")
		i = end
	}
}

// budgetText writes one limit.
func budgetText(settings []graph.BudgetSetting) string {
	if len(settings) == 1 && settings[0].Key == graph.BudgetMax {
		return quoteValue(settings[0].Value)
	}
	texts := make([]string, len(settings))
	for i, s := range settings {
		texts[i] = quote(s.Key) + ": " + quoteValue(s.Value)
	}
	return "{" + strings.Join(texts, ", ") + "}"
}

// plainQuantity matches text that needs no quotes in YAML, and starts with a digit.
var plainQuantity = pattern.Lazy(`^[0-9][A-Za-z0-9_./%+-]*( ?[A-Za-z/%]+)?$`)

// quoteValue is quote for a value that is read as text even where it is a number.
func quoteValue(s string) string {
	if plainQuantity().MatchString(s) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return quote(s)
}
