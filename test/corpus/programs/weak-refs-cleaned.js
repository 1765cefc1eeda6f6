// The repaired twin of weak-refs-in-a-map: a registry takes out the entry when the object has gone.
//
// verdict: harmless
const documents = new Map()
const gone = new FinalizationRegistry((number) => documents.delete(number))
let numbers = 0

function open(text) {
  const document = { text, number: ++numbers }
  documents.set(document.number, new WeakRef(document))
  gone.register(document, document.number)
  return document.number
}

export async function round() {
  for (let index = 0; index < 100; index++) open('x'.repeat(100))
}
