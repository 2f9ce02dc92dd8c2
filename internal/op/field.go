package op

import (
	"fmt"
	"strconv"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// Place is the position of a field in a layer of the arrow language.
type Place int

// The places of "CONV3-64 s2": size is the head, filters come after the dash, stride is an option.
const (
	Option Place = iota
	Head
	Dash
)

// Value is a field's value as written, after variables are replaced: whole numbers, a decimal number, a word, or the
// label of an earlier result.
type Value struct {
	Ints    []int64
	Sep     byte   // between several Ints: 'x' or ','
	Decimal string // as written, for a number with a point or an exponent
	Word    string
	Label   string // without its @
}

// IsZero reports whether v is the zero Value, that of a setting that was not written.
func (v Value) IsZero() bool {
	return v.Ints == nil && v.Decimal == "" && v.Word == "" && v.Label == ""
}

// String returns the value for a message, as [plain.Cut] does.
func (v Value) String() string { return plain.Cut(v.written()) }

// written returns the value in the arrow language, or "" for the zero Value.
func (v Value) written() string {
	if v.Word != "" {
		return v.Word
	}
	if v.Decimal != "" {
		return v.Decimal
	}
	if v.Label != "" {
		return "@" + v.Label
	}
	parts := make([]string, len(v.Ints))
	for i, n := range v.Ints {
		parts[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(parts, string(v.Sep))
}

// Setting holds one field's value.
type Setting interface {
	// Set stores a value. An error is a *diag.Problem without a position.
	Set(Value) error
	// Value returns the value in canonical form, or the zero Value if none was set.
	Value() Value
	// Schema returns the JSON Schema of the value in the mapping form.
	Schema() map[string]any
}

// Field binds one setting of a layer to its names. It is the only declaration of the field: decoding, printing, help
// and the JSON Schema derive from it.
type Field struct {
	Key     string   // in the mapping form, and key=value in the arrow language
	Letter  string   // short option, "s" of "s2"; "" if there is none
	Place   Place    // of the value in the arrow language
	Words   []string // bare options that set this field to that word: "same"
	Refused []string // words that are read like Words, so that the shape rule can say what to write instead
	Doc     string   // with the default
	Setting Setting
}

// TakesNegative reports whether the field's value may be below zero.
func (f Field) TakesNegative() bool {
	d, ok := f.Setting.(decimal)
	return ok && d.min < 0
}

// TakesLabel reports whether the field's value is the label of an earlier result.
func (f Field) TakesLabel() bool {
	_, takes := f.Setting.(label)
	return takes
}

// Notation returns a layer in the arrow language: "CONV3-64 s2 p1".
func Notation(o graph.Op) string {
	layer, ok := o.(Layer)
	if !ok {
		return o.Kind()
	}
	return NotationWith(layer, func(f Field) string { return f.Setting.Value().written() })
}

// NotationWith returns a layer in the arrow language with the texts of its fields' values, "" for a field that is not
// written. A text may have expressions in parentheses, as "(k)x1".
func NotationWith(layer Layer, value func(Field) string) string {
	head, dash, options := "", "", ""
	for _, f := range layer.Fields() {
		text := value(f)
		switch {
		case text == "":
		case f.Place == Head && text[0] != '-': // a minus would be a dash there
			head = text
		case f.Place == Dash:
			dash = "-" + text
		default:
			options += " " + f.option(text)
		}
	}
	return layer.Kind() + head + dash + options
}

// Short returns the notation without options, "CONV3-64", as the VGG paper names its layers.
func Short(o graph.Op) string {
	notation, _, _ := strings.Cut(Notation(o), " ")
	return notation
}

// option returns an option in its shortest form: a bare word, a letter with its number, or key=value.
func (f Field) option(text string) string {
	for _, w := range f.Words {
		if w == text {
			return w
		}
	}
	isSize := strings.Trim(text, "0123456789x") == "" || strings.HasSuffix(text, ")") && !strings.Contains(text, ",")
	if f.Letter != "" && isSize {
		return f.Letter + text
	}
	if f.Letter != "" {
		return f.Letter + "=" + text
	}
	return f.Key + "=" + text
}

// extent is the width and height of a window, a stride or a dilation. The zero extent was not written.
type extent struct{ W, H int64 }

func (e extent) isSet() bool { return e != extent{} }

// or returns e, or fallback if e was not written.
func (e extent) or(fallback extent) extent {
	if e.isSet() {
		return e
	}
	return fallback
}

// value returns a single number if both axes are equal.
func (e extent) value() Value {
	switch {
	case !e.isSet():
		return Value{}
	case e.W == e.H:
		return Value{Ints: []int64{e.W}}
	}
	return Value{Ints: []int64{e.W, e.H}, Sep: 'x'}
}

// String returns the extent in the arrow language, "3" or "3x1".
func (e extent) String() string { return e.value().written() }

// both returns width x height, even if they are equal.
func (e extent) both() string { return fmt.Sprintf("%dx%d", e.W, e.H) }

// pair reads one number for both axes, or width x height.
type pair struct {
	to   *extent
	what string
	min  int64
}

func (p pair) Value() Value { return p.to.value() }

func (p pair) Set(v Value) error {
	if len(v.Ints) == 0 || len(v.Ints) > 2 || v.Sep == ',' {
		return diag.Errorf("layer/value", "%s takes a whole number, or width x height such as 3x1, not %s", p.what, v)
	}
	for _, n := range v.Ints {
		if err := inRange(p.what, n, p.min); err != nil {
			return err
		}
	}
	*p.to = extent{v.Ints[0], v.Ints[len(v.Ints)-1]}
	return nil
}

func (p pair) Schema() map[string]any {
	return wholeOrText(p.min)
}

// count reads one whole number; 0 means that it was not written.
type count struct {
	to   *int64
	what string
}

func (c count) Value() Value {
	if *c.to == 0 {
		return Value{}
	}
	return Value{Ints: []int64{*c.to}}
}

func (c count) Set(v Value) error {
	if len(v.Ints) != 1 {
		return diag.Errorf("layer/value", "%s takes one whole number, not %s", c.what, v)
	}
	if err := inRange(c.what, v.Ints[0], 1); err != nil {
		return err
	}
	*c.to = v.Ints[0]
	return nil
}

func (c count) Schema() map[string]any { return wholeOrText(1) }

// inRange keeps sizes from min to graph.MaxExtent, within which no axis arithmetic overflows.
func inRange(what string, n, min int64) error {
	if n < min {
		return diag.Errorf("layer/value", "%s must be %d or more, not %d", what, min, n)
	}
	if n > graph.MaxExtent {
		return diag.Errorf("layer/value", "%s %d is too large: at most %d", what, n, int64(graph.MaxExtent))
	}
	return nil
}

// decimal reads a number with or without a point, kept as written so that it prints back unchanged.
type decimal struct {
	to       *number
	what     string
	min, max float64 // inclusive, except that openMax excludes max
	openMax  bool
}

// number is a decimal setting: its value, and the text it was written as, "" if it was not written.
type number struct {
	value float64
	text  string
}

// or returns the number, or fallback if it was not written.
func (n number) or(fallback float64) float64 {
	if n.text == "" {
		return fallback
	}
	return n.value
}

func (d decimal) Value() Value { return Value{Decimal: d.to.text} }

func (d decimal) Set(v Value) error {
	text := v.written()
	x, err := numeral.Float(text)
	if err != nil || len(v.Ints) > 1 {
		return diag.Errorf("layer/value", "%s takes a number such as 0.5, not %s", d.what, v)
	}
	if x < d.min || x > d.max || d.openMax && x == d.max {
		bound := fmt.Sprintf("from %g to %g", d.min, d.max)
		if d.openMax {
			bound = fmt.Sprintf("at least %g and below %g", d.min, d.max)
		}
		return diag.Errorf("layer/value", "%s must be %s, not %s", d.what, bound, v)
	}
	*d.to = number{x, text}
	return nil
}

func (d decimal) Schema() map[string]any {
	schema := map[string]any{"type": "number", "minimum": d.min, "maximum": d.max}
	if d.openMax {
		delete(schema, "maximum")
		schema["exclusiveMaximum"] = d.max
	}
	return schema
}

// choice reads one of a few words.
type choice struct {
	to    *string
	what  string
	words []string
}

func (c choice) Value() Value { return Value{Word: *c.to} }

func (c choice) Set(v Value) error {
	for _, w := range c.words {
		if strings.EqualFold(v.Word, w) {
			*c.to = w
			return nil
		}
	}
	problem := diag.Errorf("layer/value", "%s must be one of %s, not %s", c.what, strings.Join(c.words, ", "), v)
	problem.Hint = diag.DidYouMean(v.Word, c.words)
	return problem
}

func (c choice) Schema() map[string]any { return map[string]any{"enum": c.words} }

// flag reads a bare word in the arrow language, true or false in the mapping form.
type flag struct {
	to   *bool
	word string
}

func (f flag) Value() Value {
	if *f.to {
		return Value{Word: f.word}
	}
	return Value{}
}

func (f flag) Set(v Value) error {
	switch v.Word {
	case f.word, "true":
		*f.to = true
	case "false":
		*f.to = false
	default:
		return diag.Errorf("layer/value", "%s must be true or false, not %s", f.word, v)
	}
	return nil
}

func (f flag) Schema() map[string]any { return map[string]any{"type": "boolean"} }

// flagField declares a flag: its key and its bare word are the same.
func flagField(to *bool, word, doc string) Field {
	return Field{Key: word, Words: []string{word}, Doc: doc, Setting: flag{to, word}}
}

// wholeOrText returns the schema of a size: a whole number, a string (an expression, or 3x1), or a list of these, one
// for each turn of a repeat.
func wholeOrText(min int64) map[string]any {
	scalar := []any{map[string]any{"type": "integer", "minimum": min}, map[string]any{"type": "string"}}
	list := map[string]any{"type": "array", "items": map[string]any{"anyOf": scalar}}
	return map[string]any{"anyOf": append(scalar, list)}
}
