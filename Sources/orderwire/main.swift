print("orderwire")
