package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// WriteSafetensors writes tensors as a safetensors file of type F32, in the given order; it ignores their DType. values
// returns the values of tensors[i] in C order. It is called once for each, in order, and its result is not used after
// the next call, so that a single buffer is enough. After an error the output is incomplete.
func WriteSafetensors(w io.Writer, tensors []Info, values func(i int) ([]float32, error)) error {
	header, err := safetensorsHeader(tensors)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for i, t := range tensors {
		data, err := values(i)
		if err != nil {
			return err
		}
		if count, _ := valueCount(t.Shape); count != int64(len(data)) {
			return fmt.Errorf("tensor %s: shape %s has %d values, but %d were given",
				quoteName(t.Name), formatShape(t.Shape), count, len(data))
		}
		if err := writeValues(w, data); err != nil {
			return err
		}
	}
	return nil
}

// safetensorsHeader returns everything before the payload. It pads the header so that the payload is aligned to 8
// bytes, as the format's own library does. The transformers library rejects files whose metadata has no "format"; "pt"
// means that the dimensions are in PyTorch's order.
func safetensorsHeader(tensors []Info) ([]byte, error) {
	var text bytes.Buffer
	text.WriteString(`{"__metadata__":{"format":"pt"}`)
	seen := make(map[string]bool, len(tensors))
	end := int64(0)
	for _, t := range tensors {
		count, ok := valueCount(t.Shape)
		if !ok || len(t.Shape) > maxDims || end+4*count < 0 {
			return nil, fmt.Errorf(
				"tensor %s: shape %s can't be written: a negative size, too many values or more than %d dimensions",
				quoteName(t.Name), formatShape(t.Shape), maxDims)
		}
		if seen[t.Name] || t.Name == metadataKey || !utf8.ValidString(t.Name) {
			return nil, fmt.Errorf("a safetensors file can't have the name %s, or not twice", quoteName(t.Name))
		}
		seen[t.Name] = true
		name, err := json.Marshal(t.Name)
		if err != nil {
			return nil, err
		}
		shape, err := json.Marshal(append([]int{}, t.Shape...)) // nil would become null
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&text, `,%s:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, name, shape, end, end+4*count)
		end += 4 * count
	}
	text.WriteByte('}')
	for text.Len()%lengthSize != 0 {
		text.WriteByte(' ')
	}
	if len(tensors) > maxTensors || text.Len() > maxDirectory {
		return nil, fmt.Errorf("%d tensors and a header of %d bytes are more than is read back", len(tensors), text.Len())
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(text.Len())), text.Bytes()...), nil
}
