// Command oracle evaluates conditions with the real expr-lang, in the environment that Argo
// Rollouts gives them. It reads one JSON object per line and answers each with one.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"sort"
	"strconv"
	"time"

	"github.com/expr-lang/expr"
)

// question is a condition and its result: JSON, or the floats of a vector as text.
type question struct {
	Text   string          `json:"text"`
	Result json.RawMessage `json:"result"`
	Floats []string        `json:"floats"`
}

// answer is a value with its types, or an error.
type answer struct {
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	answers := json.NewEncoder(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		if err := answers.Encode(answered(line)); err != nil {
			panic(err)
		}
		if err := out.Flush(); err != nil {
			panic(err)
		}
	}
}

func answered(line []byte) answer {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{Error: "bad question: " + err.Error()}
	}
	result, err := resultOf(asked)
	if err != nil {
		return answer{Error: "bad question: " + err.Error()}
	}
	env := environment(result)
	program, err := expr.Compile(asked.Text, expr.Env(env))
	if err != nil {
		return answer{Error: err.Error()}
	}
	value, err := expr.Run(program, env)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Value: told(value)}
}

func resultOf(asked question) (any, error) {
	if asked.Floats != nil {
		floats := make([]float64, len(asked.Floats))
		for i, text := range asked.Floats {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, err
			}
			floats[i] = value
		}
		return floats, nil
	}
	var result any
	err := json.Unmarshal(asked.Result, &result)
	return result, err
}

// environment has the names that a condition of an analysis finds.
func environment(result any) map[string]any {
	empty := isNil(result)
	return map[string]any{
		"result":  result,
		"asInt":   asInt,
		"asFloat": asFloat,
		"isNaN":   math.IsNaN,
		"isInf":   func(number float64) bool { return math.IsInf(number, 0) },
		"isNil":   func(any) bool { return empty },
		"default": func(_ any, instead any) any {
			if empty {
				return instead
			}
			return result
		},
	}
}

func isNil(value any) bool {
	if value == nil {
		return true
	}
	reflected := reflect.ValueOf(value)
	switch reflected.Kind() {
	case reflect.Map, reflect.Slice:
		return reflected.IsNil()
	}
	return false
}

func asInt(value any) int64 {
	if text, ok := value.(string); ok {
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			panic(err)
		}
		return number
	}
	switch number := reflect.ValueOf(value); {
	case value != nil && isPlain(value) && number.CanFloat():
		return int64(number.Float())
	case value != nil && isPlain(value) && number.CanInt():
		return number.Int()
	case value != nil && isPlain(value) && number.CanUint():
		return int64(number.Uint())
	}
	panic(fmt.Sprintf("asInt() not supported on %T", value))
}

func asFloat(value any) float64 {
	if text, ok := value.(string); ok {
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			panic(err)
		}
		return number
	}
	switch number := reflect.ValueOf(value); {
	case value != nil && isPlain(value) && number.CanFloat():
		return number.Float()
	case value != nil && isPlain(value) && number.CanInt():
		return float64(number.Int())
	case value != nil && isPlain(value) && number.CanUint():
		return float64(number.Uint())
	}
	panic(fmt.Sprintf("asFloat() not supported on %T", value))
}

// isPlain tells numbers from months, weekdays and durations.
func isPlain(value any) bool {
	return reflect.TypeOf(value).PkgPath() == ""
}

// told writes a value down with the type of every part.
func told(value any) any {
	switch value := value.(type) {
	case nil:
		return []any{"nil"}
	case bool:
		return []any{"bool", value}
	case string:
		return []any{"string", base64.StdEncoding.EncodeToString([]byte(value))}
	case float64:
		if math.IsNaN(value) {
			return []any{"float64", "NaN"}
		}
		return []any{"float64", strconv.FormatUint(math.Float64bits(value), 16)}
	case []byte:
		return []any{"[]uint8", base64.StdEncoding.EncodeToString(value)}
	case time.Time:
		name, offset := value.Zone()
		return []any{"time.Time", strconv.FormatInt(value.Unix(), 10), value.Nanosecond(), offset, name}
	case *time.Location:
		return []any{"*time.Location", value.String()}
	}
	return reflectedTold(reflect.ValueOf(value))
}

func reflectedTold(value reflect.Value) any {
	name := value.Type().String()
	switch value.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return []any{name, strconv.FormatInt(value.Int(), 10)}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return []any{name, strconv.FormatUint(value.Uint(), 10)}
	case reflect.Slice, reflect.Array:
		if value.Kind() == reflect.Slice && value.IsNil() {
			return []any{name + "(nil)"}
		}
		items := make([]any, value.Len())
		for i := range items {
			items[i] = told(value.Index(i).Interface())
		}
		return []any{name, items}
	case reflect.Map:
		return []any{name, entriesTold(value)}
	case reflect.Func:
		return []any{"func"}
	}
	return []any{name, "?"}
}

// entriesTold puts the entries of a map into one order.
func entriesTold(value reflect.Value) []any {
	entries := make([]any, 0, value.Len())
	for each := value.MapRange(); each.Next(); {
		entries = append(entries, []any{told(each.Key().Interface()), told(each.Value().Interface())})
	}
	sort.Slice(entries, func(i, j int) bool {
		return fmt.Sprint(entries[i]) < fmt.Sprint(entries[j])
	})
	return entries
}
