package pytorchcode

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// quote returns text as a string literal of ASCII. Go's escapes mean the same in Python.
func quote(text string) string { return strconv.QuoteToASCII(text) }

// printable returns text in one line, without characters that cannot be printed.
func printable(text string) string {
	shown := func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}
	return strings.Map(shown, strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " "))
}

// docEscapes keep text from ending a docstring.
var docEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// maxLine is the length of a line of the docstring.
const maxLine = 110

// wrapped returns text as lines of a docstring.
func wrapped(text string) []string {
	var lines []string
	now := ""
	for _, word := range strings.Fields(printable(text)) {
		word = docEscapes.Replace(word)
		if now != "" && len(now)+1+len(word) > maxLine {
			lines = append(lines, now)
			now = ""
		}
		if now != "" {
			now += " "
		}
		now += word
	}
	if now != "" {
		lines = append(lines, now)
	}
	return lines
}

// keywords are Python's, with those that are keywords in some places only.
var keywords = strings.Fields(`False None True and as assert async await break class continue def del elif else except
	finally for from global if import in is lambda nonlocal not or pass raise return try while with match case type _`)

// globals are the names that the code uses: of its imports, of Python and of its own functions.
var globals = strings.Fields(`torch nn F json struct self super range getattr len print open sum tuple load net
	center_crop channel_shuffle average_of_values outputs i LayerNorm2d Local Scale StochasticDepth bytearray ValueError
	isinstance checkpoint`)

// setOf returns the names of some lists.
func setOf(lists ...[]string) map[string]bool {
	set := map[string]bool{}
	for _, names := range lists {
		for _, name := range names {
			set[name] = true
		}
	}
	return set
}

// isIdentifier reports whether text is an identifier of ASCII that is no keyword.
func isIdentifier(text string) bool {
	if text == "" || text[0] >= '0' && text[0] <= '9' || slices.Contains(keywords, text) {
		return false
	}
	for _, r := range text {
		if !isWordCharacter(r) {
			return false
		}
	}
	return true
}

func isWordCharacter(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// identifier returns an identifier close to text.
func identifier(text string) string {
	text = strings.Map(func(r rune) rune {
		if isWordCharacter(r) {
			return r
		}
		return '_'
	}, text)
	text = strings.TrimLeft(text, "_")
	if text == "" || text[0] >= '0' && text[0] <= '9' {
		text = "v" + text
	}
	if !isIdentifier(text) || slices.Contains(globals, text) {
		text += "_"
	}
	return text
}

// className returns text in the form of a class's name: "resnet50" as Resnet50, "squeezed_residual" as
// SqueezedResidual.
func className(text string) string {
	var b strings.Builder
	upper := true
	for _, r := range text {
		switch {
		case !isWordCharacter(r) || r == '_':
			upper = true
			continue
		case upper:
			r = unicode.ToUpper(r)
		}
		upper = r >= '0' && r <= '9' && b.Len() == 0
		b.WriteRune(r)
	}
	name := b.String()
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "Net" + name
	}
	return name
}

// unique returns a name that is not taken, with a number appended if need be, and takes it.
func unique(taken map[string]bool, name string) string {
	free := name
	for k := 2; taken[free]; k++ {
		free = name + strconv.Itoa(k)
	}
	taken[free] = true
	return free
}

// attributesOfModule are what every nn.Module has. A layer of such a name cannot be an attribute.
var attributesOfModule = strings.Fields(`T_destination add_module apply bfloat16 buffers call_super_init
	children compile cpu cuda double dump_patches eval extra_repr float forward get_buffer get_extra_state
	get_parameter get_submodule half ipu load_state_dict modules mtia named_buffers named_children named_modules
	named_parameters parameters register_backward_hook register_buffer register_forward_hook
	register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
	register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
	register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
	share_memory state_dict to to_empty train training type xpu zero_grad`)

// attribute returns the expression for a layer below a module, by the parts of its name.
func attribute(parts ...string) string {
	text := "self"
	for _, p := range parts {
		if isIdentifier(p) && p[0] != '_' && !slices.Contains(attributesOfModule, p) {
			text += "." + p
		} else {
			text += "._modules[" + quote(p) + "]"
		}
	}
	return text
}
