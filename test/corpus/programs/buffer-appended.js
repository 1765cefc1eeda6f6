// What a peer has sent, kept in one `Buffer` in case it is asked for again: each time a larger one takes its place.
//
// verdict: leak
// holder: received
let received = Buffer.alloc(0) // ← holds

export async function round() {
  for (let count = 0; count < 20; count++) received = Buffer.concat([received, Buffer.alloc(1_000, count)])
}
