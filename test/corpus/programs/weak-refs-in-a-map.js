// Objects are kept weakly, by number. They go; the WeakRef and its entry stay.
//
// verdict: leak
// holder: documents
const documents = new Map() // ← holds
let numbers = 0

function open(text) {
  const document = { text, number: ++numbers }
  documents.set(document.number, new WeakRef(document))
  return document.number
}

const isOpen = (number) => documents.get(number)?.deref() !== undefined

export async function round() {
  for (let index = 0; index < 100; index++) isOpen(open('x'.repeat(100)))
}
