// Each request leaves a property on the configuration, under a symbol of its own, "so that names cannot clash".
//
// verdict: leak
// holder: config
const config = { port: 8080, name: 'shop' } // ← holds

function withContext(request, work) {
  const key = Symbol('request')
  config[key] = { request, config: 'default' }
  return work(key)
}

export async function round() {
  for (let id = 0; id < 50; id++) withContext({ id }, (key) => config[key].request.id)
}
