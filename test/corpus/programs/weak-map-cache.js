// The twin of map-by-object, with a `WeakMap`: what is kept for a request goes with it.
//
// verdict: harmless
const parsed = new WeakMap()

class Request {
  constructor(id) {
    this.url = `/search?q=${id}`
  }
}

function queryOf(request) {
  if (!parsed.has(request)) parsed.set(request, { query: new URLSearchParams(request.url), of: request })
  return parsed.get(request).query
}

export async function round() {
  for (let id = 0; id < 100; id++) queryOf(new Request(id))
}
