// Words are kept once each. There are not many different ones, and after a while all have been seen.
//
// verdict: harmless
const WORDS = Array.from({ length: 200 }, (_, index) => `word-${index}`)
const interned = new Map()
let seed = 1

function intern(word) {
  const known = interned.get(word)
  if (known !== undefined) return known
  const entry = { word, length: word.length }
  interned.set(word, entry)
  return entry
}

function random() {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}

export async function round() {
  for (let index = 0; index < 500; index++) intern(WORDS[Math.floor(random() * WORDS.length)].toUpperCase())
}
