// Something is put on `globalThis` so that it survives reloading of modules in development, and it survives everything.
//
// verdict: leak
// holder: __queries
globalThis.__queries ??= [] // ← holds

function query(text, parameters) {
  const entry = { text, parameters, began: performance.now() }
  globalThis.__queries.push(entry)
  return entry
}

export async function round() {
  for (let id = 0; id < 100; id++) query('select * from users where id = $1', [id])
}
