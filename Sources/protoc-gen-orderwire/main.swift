// protoc-gen-orderwire: a descriptor set from protoc to Swift, to C tables, and to the descriptor
// set that protobuf-c can work with. Protos/generate runs it. It reads the descriptors through
// protobuf-c and depends on none of its own output.

import Glibc

/// What the command line may say; the first word picks one.
let usage = """
  usage: protoc-gen-orderwire rewrite IN.set OUT.set
         protoc-gen-orderwire schema IN.set FOLDER FILE.proto...
         protoc-gen-orderwire swift IN.set FOLDER MAP FILE.proto...

  rewrite  writes the descriptor set for `protoc --c_out`
  schema   writes FILE.schema.c and FILE.schema.h into FOLDER
  swift    writes Swift for each file into FOLDER; MAP is a file of lines
           "module PROTO-PREFIX SWIFT-MODULE C-MODULE", "name PROTO-NAME SWIFT-NAME"
           and "descriptor-only PROTO-PREFIX"

  """

do {
  try run(Array(CommandLine.arguments.dropFirst()))
} catch {
  let text = Array("protoc-gen-orderwire: \(error.message)\n".utf8)
  _ = write(STDERR_FILENO, text, text.count)
  exit(1)
}
