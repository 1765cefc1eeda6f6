// Sixteen bytes of each message are kept as a token. They are a view: each keeps the message alive, all 64 KiB of it.
//
// verdict: leak
// holder: tokens
const tokens = new Set() // ← holds

function read(message) {
  const token = message.subarray(0, 16)
  tokens.add(token)
  return message.length - token.length
}

export async function round() {
  for (let index = 0; index < 20; index++) read(Buffer.alloc(64 * 1024, index))
}
