// What protobuf-c's own descriptors don't tell: the real kind of a field (strings are generated as
// bytes, see Protos/generate), how its presence shows, and its name in JSON.
#ifndef ORDERWIRE_WIRE_SCHEMA_H
#define ORDERWIRE_WIRE_SCHEMA_H

#include <protobuf-c/protobuf-c.h>

// How often a field may occur and how its absence shows.
enum {
  WIRE_SHAPE_PLAIN = 0,     // singular, absent when it has its default value
  WIRE_SHAPE_OPTIONAL = 1,  // singular with presence: `optional`, or a message
  WIRE_SHAPE_ONEOF = 2,     // a member of a oneof
  WIRE_SHAPE_REPEATED = 3,
  WIRE_SHAPE_MAP = 4
};

struct WireMessage;

typedef struct WireField {
  const char *name;
  const char *json_name;
  uint32_t number;
  uint8_t kind;       // FieldDescriptorProto.Type, 1 (double) to 18 (sint64)
  uint8_t shape;      // WIRE_SHAPE_...
  uint8_t wire_type;  // of one value: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes
  uint8_t packable;   // repeated and may also come as one run of values
  const struct WireMessage *message;  // of a message, else NULL
} WireField;

// `fields` is parallel to `descriptor->fields`: both are sorted by number.
typedef struct WireMessage {
  const ProtobufCMessageDescriptor *descriptor;
  const WireField *fields;
  uint32_t field_count;
} WireMessage;

#endif
