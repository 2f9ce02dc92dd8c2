package op

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// kindsByName returns the kinds by their names. The map is made once, as New is called for every layer of a large
// model.
var kindsByName = sync.OnceValue(func() map[string]Kind {
	named := map[string]Kind{}
	for _, k := range Kinds() {
		named[k.Name] = k
	}
	return named
})

// New returns a layer of a kind, named in capitals, with settings by field key. It returns an error for an unknown
// kind or key and for a value that the field does not accept. Whether the layer fits its input is left to its shape
// rule.
func New(kind string, settings map[string]Value) (Layer, error) {
	k, ok := kindsByName()[kind]
	if !ok {
		return nil, fmt.Errorf("unknown kind of layer %q", kind)
	}
	layer := k.New()
	fields := layer.Fields()
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		at := slices.IndexFunc(fields, func(f Field) bool { return f.Key == key })
		if at < 0 {
			return nil, fmt.Errorf("%s has no field %s", kind, key)
		}
		if err := fields[at].Setting.Set(settings[key]); err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
	}
	return layer, nil
}

// Settings returns, by field key, the settings of a layer that were written. New makes the same layer from them.
func Settings(l Layer) map[string]Value {
	settings := map[string]Value{}
	for _, f := range l.Fields() {
		if v := f.Setting.Value(); !v.IsZero() {
			settings[f.Key] = v
		}
	}
	return settings
}

// With returns a copy of a layer with some settings changed. Errors are those of New.
func With(l Layer, changes map[string]Value) (Layer, error) {
	settings := Settings(l)
	maps.Copy(settings, changes)
	return New(l.Kind(), settings)
}
