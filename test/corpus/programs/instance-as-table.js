// Lazy properties that an instance of a class gets, one for each key: what was a getter once becomes a value.
//
// verdict: leak
// holder: catalog
class Catalog {
  size = 0

  get(key) {
    if (this[key] === undefined)
      Object.defineProperty(this, key, { value: { key, of: [this.size++] }, enumerable: true })
    return this[key]
  }
}

const catalog = new Catalog() // ← holds
let keys = 0

export async function round() {
  for (let index = 0; index < 40; index++) catalog.get(`item-${++keys}`)
}
