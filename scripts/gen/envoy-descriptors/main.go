// Writes the descriptors of Envoy's messages, and of all that they import, as one FileDescriptorSet to standard output.
//
// Options that only annotate (validation rules, statuses, migrations) are left out, and with them the files that
// define them: they would be half of the set and nothing here reads them.
package main

import (
	"log"
	"os"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// The packages whose files only define annotations.
var annotationFiles = []string{
	"validate/", "udpa/annotations/", "envoy/annotations/", "xds/annotations/", "google/api/annotations.proto",
	"google/api/http.proto", "gogoproto/", "udpa/", "google/protobuf/descriptor.proto",
}

func isAnnotation(path string) bool {
	return slices.ContainsFunc(annotationFiles, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

func stripMessage(m *descriptorpb.DescriptorProto) {
	if m.Options != nil {
		m.Options = &descriptorpb.MessageOptions{MapEntry: m.Options.MapEntry, Deprecated: m.Options.Deprecated}
	}
	for _, f := range m.Field {
		if f.Options != nil {
			f.Options = &descriptorpb.FieldOptions{Packed: f.Options.Packed, Deprecated: f.Options.Deprecated}
		}
	}
	for _, o := range m.OneofDecl {
		o.Options = nil
	}
	for _, e := range m.EnumType {
		stripEnum(e)
	}
	for _, n := range m.NestedType {
		stripMessage(n)
	}
}

func stripEnum(e *descriptorpb.EnumDescriptorProto) {
	if e.Options != nil {
		e.Options = &descriptorpb.EnumOptions{AllowAlias: e.Options.AllowAlias, Deprecated: e.Options.Deprecated}
	}
	for _, v := range e.Value {
		if v.Options != nil {
			v.Options = &descriptorpb.EnumValueOptions{Deprecated: v.Options.Deprecated}
		}
	}
}

func strip(f *descriptorpb.FileDescriptorProto) {
	f.Options, f.SourceCodeInfo, f.Extension = nil, nil, nil
	f.Dependency = slices.DeleteFunc(f.Dependency, isAnnotation)
	f.PublicDependency, f.WeakDependency = nil, nil
	for _, m := range f.MessageType {
		stripMessage(m)
	}
	for _, e := range f.EnumType {
		stripEnum(e)
	}
	for _, s := range f.Service {
		s.Options = nil
		for _, m := range s.Method {
			m.Options = nil
		}
	}
}

func main() {
	var paths []string
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		paths = append(paths, f.Path())
		return true
	})
	slices.Sort(paths)

	set := &descriptorpb.FileDescriptorSet{}
	seen := map[string]bool{}
	var add func(path string)
	add = func(path string) {
		if seen[path] || isAnnotation(path) {
			return
		}
		seen[path] = true
		found, err := protoregistry.GlobalFiles.FindFileByPath(path)
		if err != nil {
			log.Fatalf("%s: %v", path, err)
		}
		file := protodesc.ToFileDescriptorProto(found)
		strip(file)
		for _, dependency := range file.Dependency {
			add(dependency)
		}
		set.File = append(set.File, file)
	}
	for _, path := range paths {
		if strings.HasPrefix(path, "envoy/") || strings.HasPrefix(path, "xds/") || strings.HasPrefix(path, "google/rpc/") {
			add(path)
		}
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(bytes); err != nil {
		log.Fatal(err)
	}
}
