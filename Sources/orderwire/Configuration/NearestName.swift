/// The name among `names` that somebody who wrote `word` most likely meant, if one is near enough.
func nearestName(to word: String, among names: [String]) -> String? {
  // A word cut short, such as `warn`, is as near as one wrong letter.
  let candidates = names.map { name in
    (name: name, distance: name.hasPrefix(word) && word.count > 2 ? 1 : editDistance(word, name))
  }
  guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
  // Two letters wrong, or a third of a long word, is a slip; more is another word.
  return best.distance <= max(2, best.name.count / 3) ? best.name : nil
}

/// "; did you mean X?" where there is a near name, else a list of all.
func suggestion(for word: String, among names: [String]) -> String {
  if let nearest = nearestName(to: word, among: names) { return "; did you mean \(nearest)?" }
  return "; known are " + names.joined(separator: ", ")
}

/// How many letters must be put in, left out or replaced to make one word the other (Levenshtein), capitals aside.
private func editDistance(_ first: String, _ second: String) -> Int {
  let first = Array(first.lowercased())
  let second = Array(second.lowercased())
  var row = Array(0...second.count)
  for (i, letter) in first.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in second.enumerated() {
      let replaced = diagonal + (letter == other ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[second.count]
}
