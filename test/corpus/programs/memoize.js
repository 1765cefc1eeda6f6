// `memoize` without a bound, around a function with an argument that never comes twice.
//
// verdict: leak
// holder: results
function memoize(compute) {
  const results = new Map() // ← holds
  return (key) => {
    let result = results.get(key)
    if (result === undefined) {
      result = compute(key)
      results.set(key, result)
    }
    return result
  }
}

const permissionsOf = memoize((token) => ({ token, may: ['read', 'write'] }))
let tokens = 0

export async function round() {
  for (let index = 0; index < 100; index++) permissionsOf(`token-${++tokens}`)
}
