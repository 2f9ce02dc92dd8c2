package op

import (
	"fmt"
	"reflect"
)

// With is a copy of a layer with some fields set to other values, by key. A key that the layer does not have is an
// error, and so is a value that the field does not take; whether the layer then fits is for its shape rule to say.
func With(l Layer, values map[string]Value) (Layer, error) {
	changed := reflect.New(reflect.TypeOf(l).Elem())
	changed.Elem().Set(reflect.ValueOf(l).Elem()) // a layer is plain data: a test holds that
	other := changed.Interface().(Layer)
	set := 0
	for _, f := range other.Fields() {
		value, ok := values[f.Key]
		if !ok {
			continue
		}
		set++
		if err := f.Setting.Set(value); err != nil {
			return nil, fmt.Errorf("%s: %w", l.Kind(), err)
		}
	}
	if set < len(values) {
		return nil, fmt.Errorf("%s has no such fields: %v", l.Kind(), values)
	}
	return other, nil
}
