// The ids of all messages, so that none is handled twice: small numbers in a `Set`, which stand in it themselves.
//
// verdict: leak
// holder: handled
const handled = new Set() // ← holds
let next = 0

export async function round() {
  for (let count = 0; count < 2_000; count++) handled.add(next++)
}
