// Templates are compiled when they are first used. There are thirty, and they have all been used.
//
// verdict: harmless
const SOURCES = Array.from({ length: 30 }, (_, index) => `Dear {name}, this is letter ${index} of {count}.`)
const compiled = new Map()

function compile(source) {
  const parts = source.split(/\{(\w+)\}/)
  return (values) => parts.map((part, index) => (index % 2 ? values[part] : part)).join('')
}

function render(source, values) {
  if (!compiled.has(source)) compiled.set(source, compile(source))
  return compiled.get(source)(values)
}

export async function round() {
  for (let index = 0; index < 100; index++) {
    render(SOURCES[(index * 7) % SOURCES.length], { name: `reader ${index}`, count: SOURCES.length })
  }
}
