package tikz

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Styles returns the TikZ styles of sheets of CSS that have a rule on each line, as the drawings of package svg do. The
// rules of a sheet from the first @ on are left out: they are for dark pages. For a class c, "cnn c" is the style of
// lines and areas, "cnn c text" that of text. Text of any class also has the style of the rule for text.
func Styles(sheets ...string) string {
	var b strings.Builder
	for _, sheet := range sheets {
		light, _, _ := strings.Cut(sheet, "@")
		for line := range strings.Lines(light) {
			if selectors, declarations, ok := strings.Cut(strings.TrimSpace(line), " {"); ok {
				writeStyles(&b, selectors, parseRule(strings.TrimSuffix(declarations, "}")))
			}
		}
	}
	return b.String()
}

func writeStyles(b *strings.Builder, selectors string, r rule) {
	for selector := range strings.SplitSeq(selectors, ", ") {
		class, isClass := strings.CutPrefix(selector, ".")
		if !isClass {
			fmt.Fprintf(b, "every node/.append style={%s},\n", r.text())
			continue
		}
		fmt.Fprintf(b, "cnn %s/.style={%s},\ncnn %[1]s text/.style={%[3]s},\n", class, r.shape(), r.text())
	}
}

// rule is the declarations of a rule of CSS by their names.
type rule map[string]string

func parseRule(declarations string) rule {
	r := rule{}
	for declaration := range strings.SplitSeq(declarations, ";") {
		if name, value, ok := strings.Cut(declaration, ":"); ok {
			r[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return r
}

// shape returns the options of a path.
func (r rule) shape() string {
	var options []string
	add := func(format string, args ...any) { options = append(options, fmt.Sprintf(format, args...)) }
	if c := colour(r["fill"]); c != "" {
		add("fill=%s", c)
	}
	if c := colour(r["stroke"]); c != "" {
		add("draw=%s", c)
	}
	if width := r["stroke-width"]; width != "" {
		add("line width=%sbp", length(width))
	}
	if on, off, ok := strings.Cut(r["stroke-dasharray"], " "); ok {
		add("dash pattern=on %sbp off %sbp", length(on), length(off))
	}
	if join := r["stroke-linejoin"]; join != "" {
		add("line join=%s", join)
	}
	if opacity := r["fill-opacity"]; opacity != "" {
		add("fill opacity=%s", opacity)
	}
	if opacity := r["opacity"]; opacity != "" {
		add("opacity=%s", opacity)
	}
	return strings.Join(options, ",")
}

// text returns the options of a node. TeX's typewriter font has no bold.
func (r rule) text() string {
	var options []string
	if c := colour(r["fill"]); c != "" {
		options = append(options, "text="+c)
	}
	size, family, _ := strings.Cut(r["font"]+r["font-size"], "px")
	isBold := r["font-weight"] != ""
	if size == "" && !isBold {
		return strings.Join(options, ",")
	}
	font := `font=\sffamily`
	if strings.Contains(family, "monospace") {
		font, isBold = `font=\ttfamily`, false
	}
	if pixels, err := strconv.ParseFloat(size, 64); err == nil {
		font += fmt.Sprintf(`\fontsize{%d}{%[1]d}\selectfont`, int(pixels*Pixel))
	}
	if isBold {
		font += `\bfseries`
	}
	return strings.Join(append(options, font), ",")
}

// colour returns a colour of CSS, #d0d7de, as one of TikZ; "" for none.
func colour(hex string) string {
	rgb, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 24)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("{rgb,255:red,%d;green,%d;blue,%d}", rgb>>16, rgb>>8&0xff, rgb&0xff)
}

// length returns a number of pixels in big points.
func length(pixels string) string {
	v, err := strconv.ParseFloat(pixels, 64)
	if err != nil {
		return "0"
	}
	return strconv.FormatFloat(math.Round(v*Pixel*100)/100, 'f', -1, 64)
}
