print("protoc-gen-orderwire")
