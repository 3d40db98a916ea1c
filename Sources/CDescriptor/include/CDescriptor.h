// google/protobuf/descriptor.proto as protobuf-c generates it: how the generator reads its input.
#include "google/protobuf/descriptor.pb-c.h"
